#!/usr/bin/env bash
# The GPUs that the plan counts on must be there and sound, with a driver that the image can use, before a model is
# loaded for minutes.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"

# The driver may still be loading on a first boot.
found=""
enough() {
  found=$(nvidia-smi --query-gpu=index,name,memory.total,driver_version --format=csv,noheader 2>&1) || return 1
  (($(grep -cE '^[0-9]+, ' <<<"$found") >= GPUS_NEEDED))
}

# CUDA in the image needs the kernel driver of its own age or newer; vLLM would only say so after loading.
check_driver() {
  local version
  version=$(sed -n '1s/.*, //p' <<<"$found")
  if [[ ! $version =~ ^[0-9]+\. ]]; then
    warn "nvidia-smi names no driver version ('$version'); the image needs $DRIVER_NEEDED"
  elif ((${version%%.*} < DRIVER_NEEDED)); then
    fail "driver $version is too old: $IMAGE needs $DRIVER_NEEDED or newer. Use a newer machine image:" \
      "compute.amiId, or python -m ops pin --update --stack $STACK"
  fi
}

# A GPU that is broken now will not serve; the agent watches for those that break later.
check_errors() {
  local kernel errors
  if ! kernel=$(journalctl --dmesg --boot --no-pager --output cat); then
    warn "the kernel log cannot be read: not looked for GPU errors"
    return 0
  fi
  errors=$(PYTHONPATH=$SCRIPTS_DIR python3 -c 'import sys
from agent.kernel import fatal_errors
sys.stdout.write("; ".join(fatal_errors(sys.stdin)))' <<<"$kernel")
  [[ -z $errors ]] || fail "$errors"
}

retry 6 5 enough || fail "$GPUS_NEEDED GPUs needed, nvidia-smi says: ${found//$'\n'/; }"
log "${found//$'\n'/; }"
check_driver
check_errors
