#!/usr/bin/env bash
# The one way in which vLLM is started: systemd restarts it, Docker does not. Secrets are files on tmpfs; anything
# in the container's environment or arguments would be written to the engine's store on the cache slot.
set -euo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"

mapfile -t args <"$VLLM_ARGS"
# Left over when only the docker client died.
if docker container inspect vllm >/dev/null 2>&1; then docker rm --force vllm; fi
exec docker run --rm --name vllm --pull never \
  --gpus all --ipc=host --publish 8000:8000 \
  --log-driver journald --stop-timeout "$STOP_TIMEOUT_S" \
  --volume "$CACHE_DIR/huggingface:/cache/huggingface" \
  --volume "$CACHE_DIR/vllm:/cache/vllm" \
  --volume "$SECRETS_DIR:/run/secrets/vllm:ro" \
  --env HF_HOME=/cache/huggingface \
  --env HF_TOKEN_PATH=/run/secrets/vllm/hf_token \
  --env VLLM_CACHE_ROOT=/cache/vllm \
  --env VLLM_ENGINE_READY_TIMEOUT_S="$VLLM_ENGINE_READY_TIMEOUT_S" \
  --env VLLM_HTTP_TIMEOUT_KEEP_ALIVE="$VLLM_HTTP_TIMEOUT_KEEP_ALIVE" \
  --env VLLM_MEDIA_URL_ALLOW_REDIRECTS=0 \
  --env VLLM_NO_USAGE_STATS=1 \
  "$IMAGE" "${args[@]}" --config /run/secrets/vllm/config.yaml
