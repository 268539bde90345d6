#!/usr/bin/env bash
# Runs at every boot: the named steps in order, each one safe to repeat, until vLLM has served a completion.
# A failing step ends the boot; report-failure.sh says so to the world.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"

STEPS=(cache-slot container-store gpus secrets image vllm probe lifecycle-hook tags)

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

# enter NAME: what report-failure.sh names when the boot ends from here on.
enter() { printf '%s %s\n' "$1" "$(now_cs)" >"$STEP_FILE"; }

run_step() {
  local name=$1 started_cs
  started_cs=$(now_cs)
  : >"$REASON_FILE"
  printf 'step %s' "$name" >"$FAILED_AT_FILE"
  enter "$name"
  log "step $name"
  STEP=$name STEP_STARTED_AT_S=$((started_cs / 100)) "$SCRIPTS_DIR/steps/$name.sh" 2>&1 | tee "$STEP_LOG"
  record "$name" ok "" "$(seconds_since "$started_cs")"
  log "step $name ok in $(seconds_since "$started_cs") s"
}

main() {
  local started_cs name
  started_cs=$(now_cs)
  export DEADLINE_AT_S=$((started_cs / 100 + BOOT_DEADLINE_S))
  install -d -m 0755 "$RUN_DIR"
  : >"$EVENTS_FILE"
  rm -f "$EVENTS_FILE.sent"
  : >"$REASON_FILE"
  enter metadata
  if ! load_identity; then
    printf '%s does not answer\n' "$IMDS" >"$REASON_FILE"
    exit 1
  fi
  report_loop "$$" &
  # shellcheck disable=SC2064 # the process of now is meant
  trap "kill $! 2>/dev/null || log 'the reporter had ended'" EXIT
  for name in "${STEPS[@]}"; do run_step "$name"; done
  record boot ok "" "$(seconds_since "$started_cs")"
  log "serving after $(seconds_since "$started_cs") s"
  ship_events || log "the log group $LOG_GROUP did not take the events"
}

main
