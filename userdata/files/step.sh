# shellcheck shell=bash
# What every boot step shares: how it waits and how it fails. Sourced by the steps, which boot.sh runs as processes of
# their own, so that `set -e` holds in them.
. "$SCRIPTS_DIR/lib.sh"
. "$SCRIPTS_DIR/aws.sh"

# Ends the step with a reason.
fail() {
  printf '%s\n' "$*" >"$REASON_FILE"
  exit 1
}

# A command that failed without a word of ours: report-failure.sh adds the last line that the step printed.
trap 'printf "%s line %s" "${BASH_SOURCE[0]##*/}" "$LINENO" >"$FAILED_AT_FILE"' ERR

# say TEXT: goes with the event of a step that ends well.
say() {
  log "$1"
  printf '%s\n' "$1" >"$SAID_FILE"
}

# waiting REASON: says what the step waits for, at most once a minute.
NEXT_WAITING_AT_S=0
waiting() {
  local now_s
  now_s=$(now_s)
  ((now_s >= NEXT_WAITING_AT_S)) || return 0
  NEXT_WAITING_AT_S=$((now_s + 60))
  log "step $STEP is waiting: $1 ($(remaining_s) s left)"
  record "$STEP" waiting "$1" "$((now_s - STEP_STARTED_AT_S))"
}

# warn REASON: the boot goes on, but somebody should look at this.
warn() {
  log "step $STEP: warning: $1"
  record "$STEP" warning "$1" "$(($(now_s) - STEP_STARTED_AT_S))"
}
