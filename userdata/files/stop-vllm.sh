#!/usr/bin/env bash
# Stops the server with its drain. systemd calls this also after the server ended by itself.
set -euo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"

if docker container inspect vllm >/dev/null 2>&1; then
  docker stop -t "$STOP_TIMEOUT_S" vllm
fi
