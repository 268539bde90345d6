#!/usr/bin/env bash
# Starts the server and waits until it answers. A server that keeps exiting is not waited for.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"

# vLLM's last line only points up to the root cause, so lines that name an error go first.
last_errors() {
  local lines
  lines=$(journalctl --boot --no-pager --output cat --lines 200 CONTAINER_NAME=vllm + _SYSTEMD_UNIT=vllm.service)
  { grep -E 'Error|error:' <<<"$lines" || tail -n 3 <<<"$lines"; } | tail -n 4 | cut -c 1-300 | paste -sd'|'
}

show() { systemctl show vllm.service --property "$1" --value; }

# Files may be missing that only vLLM knows of. It may ask HuggingFace at its next start, which may be one too late.
go_online() {
  warn "vLLM ended at a start without HuggingFace; it starts again with it: $(last_errors)"
  rm -f "$OFFLINE_FILE"
  restarts_before=$(($(show NRestarts) + 1))
}

# A boot that runs again must not be failed by restarts of the days before.
restarts_before=$(show NRestarts)
systemctl start vllm.service
until curl --fail --silent --max-time 5 --output /dev/null http://127.0.0.1:8000/health; do
  ended=$(($(show NRestarts) - restarts_before))
  if [[ -e $OFFLINE_FILE && ($(show SubState) == auto-restart || $ended -ge 1) ]]; then
    go_online
    ended=0
  fi
  if [[ $(show ActiveState) == failed ]] || ((ended >= 2)); then fail "vLLM exits: $(last_errors)"; fi
  if expired; then fail "vLLM does not answer within the boot deadline of $BOOT_DEADLINE_S s: $(last_errors)"; fi
  waiting "vLLM is loading"
  sleep 2
done
