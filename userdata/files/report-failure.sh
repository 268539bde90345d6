#!/usr/bin/env bash
# systemd runs this after every end of the boot, also after one by a signal or at its time limit. A boot that failed
# ends with its step and reason on the console, in the log group and in the lifecycle result.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"

# What the step said; else the line that failed and the last words before; else what systemd saw.
reason() {
  if [[ $SERVICE_RESULT != exit-code ]]; then
    printf 'ended by systemd: %s (the boot deadline is %s s)\n' "$SERVICE_RESULT" "$BOOT_DEADLINE_S"
  elif [[ -s $REASON_FILE ]]; then
    cat "$REASON_FILE"
  elif [[ -s $STEP_LOG ]]; then
    printf '%s: %s\n' "$(cat "$FAILED_AT_FILE")" "$(tail -n 1 "$STEP_LOG")"
  else
    printf 'no reason was given\n'
  fi
}

# Stopped on purpose, by the drain or by a person.
if [[ $SERVICE_RESULT == success ]]; then exit 0; fi
read -r step started_cs <"$STEP_FILE"
duration_s=$(seconds_since "$started_cs")
why=$(reason | tr -s '[:space:]' ' ') # the CLI begins with an empty line
why=${why% } status=failed
if [[ $(systemctl is-system-running) == stopping ]]; then
  # Nobody who follows this boot may take it for lost.
  status=warning why="interrupted: the machine goes down; the next boot goes on"
fi
log "step $step $status after $duration_s s: $why"
record "$step" "$status" "$why" "$duration_s"
DEADLINE_AT_S=$(($(now_s) + 30))
if load_identity; then
  ship_events || log "the log group $LOG_GROUP did not take the reason; it is above"
fi
[[ $status == warning ]] || "$SCRIPTS_DIR/abandon.sh" "$step" "$why"
