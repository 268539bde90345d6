#!/usr/bin/env bash
# The one way in which vLLM is started: systemd restarts it, Docker does not. Secrets are files on tmpfs; anything
# in the container's environment or arguments would be written to the engine's store on the cache slot.
set -euo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/container.sh"

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

# A copy from S3 is root's, and only ever read.
model=()
if [[ -e $MODEL_FILE ]]; then model=(--volume "$(<"$MODEL_FILE"):${args[0]}:ro"); fi

# What new-keys.sh compares with the keys that are there now.
if [[ -e $RUN_DIR/keys-fetched ]]; then cp "$RUN_DIR/keys-fetched" "$RUN_DIR/keys-loaded"; fi

exec docker run --rm --name vllm --pull never \
  --gpus all "${devices[@]}" --shm-size "$(shm_kib)k" --publish 8000:8000 \
  "${CONFINED[@]}" \
  --log-driver journald --stop-timeout "$STOP_TIMEOUT_S" \
  --volume "$CACHE_DIR/huggingface:/cache/huggingface" \
  --volume "$CACHE_DIR/vllm:/cache/vllm" "${model[@]}" \
  --volume "$SECRETS_DIR:/run/secrets/vllm:ro" \
  --env-file "$CONTAINER_ENV" "${offline[@]}" \
  "$IMAGE" "${args[@]}" --config /run/secrets/vllm/config.yaml
