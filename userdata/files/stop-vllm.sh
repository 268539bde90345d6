#!/usr/bin/env bash
# Stops the server with its drain, whoever asks: the group, a person, a shutdown. No request is sent here any more
# before vLLM is told. systemd calls this also after the server ended by itself.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"
. "$SCRIPTS_DIR/traffic.sh"

if ! docker container inspect vllm >/dev/null 2>&1; then exit 0; fi
export DEADLINE_AT_S=$(($(now_s) + 30))
if load_identity; then
  leave_rotation || log "stopping all the same"
else
  log "the metadata does not answer: stopping without leaving the rotation"
fi
docker stop -t "$STOP_TIMEOUT_S" vllm
