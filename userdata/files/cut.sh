#!/usr/bin/env bash
# Ends vLLM now, with the requests that are in it. The agent runs it beside a drain whose time is up.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"

if timeout 30 docker kill vllm; then exit 0; fi
status=0
timeout 10 docker container inspect vllm >/dev/null 2>&1 || status=$?
if ((status == 1)); then exit 0; fi # it has ended by itself
# Docker's own stop would go on waiting for the end of the container, which Docker may never hear of.
log "Docker does not see vLLM end: it is no longer waited for"
systemctl kill --signal=KILL vllm.service
