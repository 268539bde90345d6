#!/usr/bin/env bash
# tell.sh STEP STATUS REASON DURATION_S: one event for the log group, sent at once.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"

mkdir -p "$RUN_DIR"
log "$1 $2: $3"
record "$1" "$2" "$3" "$4"
export DEADLINE_AT_S=$(($(now_s) + 60))
load_identity
ship_events
