#!/usr/bin/env bash
# The one way in which vLLM is started: systemd restarts it, Docker does not. Secrets are files on tmpfs; anything
# in the container's environment or arguments would be written to the engine's store on the cache slot.
set -euo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"

mapfile -t args <"$VLLM_ARGS"
# Left over when only the docker client died.
if docker container inspect vllm >/dev/null 2>&1; then docker rm --force vllm; fi

# What `--gpus` adds behind docker's back a `systemctl daemon-reload` takes away again: "Failed to initialize NVML:
# Unknown Error" (NVIDIA/nvidia-container-toolkit#48). Devices that docker knows stay.
if command -v nvidia-modprobe >/dev/null; then nvidia-modprobe -u -c=0 || log "nvidia-modprobe made no devices"; fi
devices=()
for device in "$DEV_DIR"/nvidia{[0-9]*,ctl,-uvm,-uvm-tools,-modeset}; do
  if [[ -e $device ]]; then devices+=(--device "$device"); fi
done
# A restart of vLLM must not depend on HuggingFace when the files are complete.
offline=()
if [[ -e $OFFLINE_FILE ]]; then offline=(--env HF_HUB_OFFLINE=1); fi

exec docker run --rm --name vllm --pull never \
  --gpus all "${devices[@]}" --ipc=host --publish 8000:8000 \
  --log-driver journald --stop-timeout "$STOP_TIMEOUT_S" \
  --volume "$CACHE_DIR/huggingface:/cache/huggingface" \
  --volume "$CACHE_DIR/vllm:/cache/vllm" \
  --volume "$SECRETS_DIR:/run/secrets/vllm:ro" \
  --env-file "$CONTAINER_ENV" "${offline[@]}" \
  "$IMAGE" "${args[@]}" --config /run/secrets/vllm/config.yaml
