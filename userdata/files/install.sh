#!/usr/bin/env bash
# Installs the units and starts the boot. The limits that follow from the plan become drop-ins.
set -euo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
: "${UNIT_DIR:=/etc/systemd/system}"

# drop_in UNIT LINE
drop_in() {
  mkdir -p "$UNIT_DIR/$1.d"
  printf '[Service]\n%s\n' "$2" >"$UNIT_DIR/$1.d/plan.conf"
}

install -m 0644 "$SCRIPTS_DIR"/*.service "$UNIT_DIR/"
# Backstops: the scripts end themselves before, with a reason. A stop of vLLM first leaves the rotation, within 90 s.
drop_in vllm-boot.service "TimeoutStartSec=$((BOOT_DEADLINE_S + 60))"
drop_in vllm.service "TimeoutStopSec=$((STOP_TIMEOUT_S + 120))"
drop_in vllm-agent.service "TimeoutStopSec=$((STOP_TIMEOUT_S + 150))"
systemctl daemon-reload
units=(vllm-logs.service vllm-publisher.service vllm-boot.service vllm-agent.service)
systemctl enable --quiet "${units[@]}"
# Not waited for: cloud-init would otherwise run as long as the boot.
systemctl start --no-block "${units[@]}"
