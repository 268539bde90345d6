#!/usr/bin/env bash
# Runs at every boot: the named steps in order, each one safe to repeat, until vLLM has served a completion.
# A failing step ends the boot; report-failure.sh says so to the world.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"

STEPS=(instance-type cache-slot container-store gpus secrets cache-space image model-files vllm probe lifecycle-hook tags)

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
  : >"$SAID_FILE"
  printf 'step %s' "$name" >"$FAILED_AT_FILE"
  enter "$name"
  log "step $name"
  STEP=$name STEP_STARTED_AT_S=$((started_cs / 100)) "$SCRIPTS_DIR/steps/$name.sh" 2>&1 | tee "$STEP_LOG"
  record "$name" ok "$(cat "$SAID_FILE")" "$(seconds_since "$started_cs")"
  log "step $name ok in $(seconds_since "$started_cs") s"
}

# What took how long, against the plan: for people on the host, for the log group and as metrics. The host serves by
# now, so nothing in here may fail the boot.
report_boot() {
  local total_s=$1 report=$RUN_DIR/boot-report.json metrics=$RUN_DIR/boot-metrics.json instance_type
  instance_type=$(imds instance-type) || instance_type=unknown
  rm -f "$report" "$metrics"
  INSTANCE_TYPE=$instance_type STACK=$STACK IMAGE=$IMAGE COLD_START_S=$COLD_START_S \
    python3 "$SCRIPTS_DIR/report.py" "$EVENTS_FILE" "$total_s" "$report" "$metrics" || log "no report of the boot"
  record boot ok "$(cat "$report")" "$total_s"
  log "serving after $total_s s"
  ship_events || log "the log group $LOG_GROUP did not take the events"
  aws cloudwatch put-metric-data --namespace vLLM --metric-data "file://$metrics" ||
    log "the durations of the steps did not reach CloudWatch"
}

# The metrics of a stack with monitoring.prometheus: amp. Not enabled and not started before: the container engine moves
# to the cache slot during the boot, and what waits for the engine would be cancelled with it.
start_remote_write() {
  [[ -n ${REMOTE_WRITE_IMAGE:-} ]] || return 0
  systemctl start --no-block vllm-remote-write.service || log "the metrics are not sent on"
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
  start_remote_write
  report_boot "$(seconds_since "$started_cs")" || log "the boot's end was not reported"
}

main
