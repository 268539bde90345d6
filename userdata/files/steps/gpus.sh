#!/usr/bin/env bash
# The GPUs that the plan counts on must be there before a model is loaded for minutes.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"

# The driver may still be loading on a first boot.
found=""
enough() {
  found=$(nvidia-smi --query-gpu=index,name,memory.total --format=csv,noheader 2>&1) || return 1
  (($(grep -cE '^[0-9]+, ' <<<"$found") >= GPUS_NEEDED))
}

retry 6 5 enough || fail "$GPUS_NEEDED GPUs needed, nvidia-smi says: ${found//$'\n'/; }"
log "${found//$'\n'/; }"
