#!/usr/bin/env bash
# Runs at every boot: the named steps in order, each one safe to repeat, until vLLM has served a completion.
# A failing step ends with its name and reason on the console, in the log group and in the lifecycle result.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"

STEPS=(cache-slot container-store gpus secrets image vllm probe lifecycle-hook)

seconds_since() {
  local cs=$(($(now_cs) - $1))
  printf '%d.%02d\n' "$((cs / 100))" "$((cs % 100))"
}

# Ends with its parent or at the deadline, so that a hung boot does not keep the hook waiting.
report_loop() {
  local parent=$1 next_beat_s=0
  while kill -0 "$parent" 2>/dev/null && ! expired; do
    if (($(now_s) >= next_beat_s)); then
      next_beat_s=$(($(now_s) + LAUNCH_HEARTBEAT_INTERVAL_S))
      heartbeat || log "the heartbeat was not accepted; the next one in $LAUNCH_HEARTBEAT_INTERVAL_S s"
    fi
    ship_events || log "the log group $LOG_GROUP did not take the events; trying again"
    sleep 5
  done
}

# What fail said in the step; else the line that failed and the last words before.
reason_of_failure() {
  if [[ -n $STOPPED ]]; then
    printf 'stopped by a signal: the boot deadline has passed, or the machine goes down\n'
  elif [[ -s $REASON_FILE ]]; then
    cat "$REASON_FILE"
  else
    printf '%s: %s\n' "$(cat "$FAILED_AT_FILE")" "$(tail -n 1 "$RUN_DIR/step.log")"
  fi
}

# What a boot that failed leaves behind; nothing in here may end it early.
give_up() {
  local reason
  reason=$(reason_of_failure)
  log "step $CURRENT_STEP failed after $(seconds_since "$STEP_STARTED_CS") s: $reason"
  record "$CURRENT_STEP" failed "$reason" "$(seconds_since "$STEP_STARTED_CS")"
  ship_events || log "the log group $LOG_GROUP did not take the reason; it is above"
  if [[ $(systemctl is-system-running) == stopping ]]; then
    log "the machine goes down; the next boot goes on"
  elif ! load_lifecycle; then
    log "the lifecycle state is unknown; the hook ends at its timeout"
  elif [[ $LIFECYCLE_STATE == Pending:Wait ]]; then
    complete_hook "$LAUNCHING_HOOK" ABANDON || log "the hook was not abandoned; it ends at its timeout"
  else
    log "no hook to abandon in state $LIFECYCLE_STATE; health checks replace this instance"
  fi
}

# However the boot ends, it is reported: also when a command fails between two steps.
on_exit() {
  local status=$?
  set +e
  ((status == 0)) || give_up
  kill "$REPORTER" 2>/dev/null || log "the reporter had ended"
}

run_step() {
  CURRENT_STEP=$1
  STEP_STARTED_CS=$(now_cs)
  : >"$REASON_FILE"
  printf 'step %s' "$1" >"$FAILED_AT_FILE"
  [[ -z $STOPPED ]]
  log "step $1"
  STEP=$1 STEP_STARTED_AT_S=$((STEP_STARTED_CS / 100)) "$SCRIPTS_DIR/steps/$1.sh" 2>&1 | tee "$RUN_DIR/step.log"
  record "$1" ok "" "$(seconds_since "$STEP_STARTED_CS")"
  log "step $1 ok in $(seconds_since "$STEP_STARTED_CS") s"
}

main() {
  local started_cs name
  started_cs=$(now_cs)
  export DEADLINE_AT_S=$((started_cs / 100 + BOOT_DEADLINE_S))
  # systemd stops a boot by signalling every process of it: the step ends, and its end is still reported.
  STOPPED=""
  trap 'STOPPED=yes' TERM
  install -d -m 0755 "$RUN_DIR"
  : >"$EVENTS_FILE"
  rm -f "$EVENTS_FILE.sent"
  if ! load_identity; then
    log "step metadata failed: $IMDS does not answer"
    exit 1
  fi
  report_loop "$$" &
  REPORTER=$!
  trap on_exit EXIT
  for name in "${STEPS[@]}"; do run_step "$name"; done
  record boot ok "" "$(seconds_since "$started_cs")"
  log "serving after $(seconds_since "$started_cs") s"
  ship_events || log "the log group $LOG_GROUP did not take the events"
}

main
