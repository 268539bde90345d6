# shellcheck shell=bash
# What every host script shares: paths, log lines, events, time, retries. Sourced, never run.
# The paths can be set from outside so that tests run the scripts on a folder.

: "${SCRIPTS_DIR:=/opt/vllm}" "${VLLM_ENV:=/etc/vllm/vllm.env}" "${VLLM_ARGS:=/etc/vllm/args}"
: "${CONTAINER_ENV:=/etc/vllm/container.env}" "${VLLM_TYPES:=/etc/vllm/types.json}"
: "${RUN_DIR:=/run/vllm}" "${CACHE_DIR:=/mnt/cache}" "${DOCKER_DIR:=/var/lib/docker}"
: "${CONTAINERD_DIR:=/var/lib/containerd}" "${DISK_DIR:=/dev/disk/by-id}" "${UPTIME_FILE:=/proc/uptime}"
: "${DEV_DIR:=/dev}"
export SCRIPTS_DIR RUN_DIR
export SECRETS_DIR=$RUN_DIR/secrets EVENTS_FILE=$RUN_DIR/events
# Exists when vLLM shall start without HuggingFace.
export OFFLINE_FILE=$RUN_DIR/offline
# Names the folder of a model that was copied from S3.
export MODEL_FILE=$RUN_DIR/model-folder
# Which step runs, what it says when it ends well, and how it tells report-failure.sh why it did not.
export STEP_FILE=$RUN_DIR/step SAID_FILE=$RUN_DIR/said
export STEP_LOG=$RUN_DIR/step.log REASON_FILE=$RUN_DIR/reason FAILED_AT_FILE=$RUN_DIR/failed-at

# shellcheck source=/dev/null
. "$VLLM_ENV"
# Where hosts may have several types, what this one's needs takes the place of the planned: steps/instance-type.sh.
export PLANNED_ARGS=$VLLM_ARGS
# shellcheck source=/dev/null
if [[ -e $RUN_DIR/type.env ]]; then . "$RUN_DIR/type.env"; fi
# The CLI of version 1 reads AWS_DEFAULT_REGION only. Throttling is normal when a fleet boots at once.
export AWS_REGION AWS_DEFAULT_REGION="$AWS_REGION" AWS_PAGER="" AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=8
# The CLI gives the metadata service one second and one attempt to tell the role's keys: too little on a busy host.
export AWS_METADATA_SERVICE_TIMEOUT=5 AWS_METADATA_SERVICE_NUM_ATTEMPTS=4

# Not on standard output: functions are called for what they print there.
log() { printf 'vllm: %s\n' "$*" >&2; }

# Hundredths of a second since the kernel started; the wall clock may jump while a host boots.
now_cs() {
  local uptime
  read -r uptime _ <"$UPTIME_FILE"
  printf '%d\n' "$((10#${uptime/./}))"
}

now_s() { printf '%d\n' "$(($(now_cs) / 100))"; }

# seconds_since START_CS
seconds_since() {
  local cs=$(($(now_cs) - $1))
  printf '%d.%02d\n' "$((cs / 100))" "$((cs % 100))"
}

# Seconds left until the boot deadline, never below zero.
remaining_s() {
  local left=$((DEADLINE_AT_S - $(now_s)))
  printf '%d\n' "$((left > 0 ? left : 0))"
}

expired() { (($(remaining_s) == 0)); }

# within_deadline COMMAND...: cut off at the deadline (`timeout 0` would mean no limit).
within_deadline() { timeout "$(($(remaining_s) + 1))" "$@"; }

# record STEP STATUS REASON DURATION_S: one event for the log group.
record() {
  printf '%s' "$3" | python3 "$SCRIPTS_DIR/event.py" "$1" "$2" "$4" >>"$EVENTS_FILE"
}

# retry ATTEMPTS DELAY_S COMMAND...: until it succeeds, the attempts are used up or the deadline has passed.
retry() {
  local attempts=$1 delay_s=$2 attempt
  shift 2
  for ((attempt = 1; ; attempt++)); do
    "$@" && return 0
    ((attempt < attempts)) && ! expired || return 1
    log "attempt $attempt of $attempts failed: ${*:1:3}; again in $delay_s s"
    sleep "$delay_s"
  done
}

ENGINE_UNITS=(docker.socket docker.service containerd.service)
stop_engine() { systemctl stop "${ENGINE_UNITS[@]}"; }
start_engine() { systemctl start containerd.service docker.socket docker.service && docker info >/dev/null; }
