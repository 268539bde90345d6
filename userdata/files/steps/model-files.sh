#!/usr/bin/env bash
# The model's files, complete before vLLM starts. Whether vLLM then asks HuggingFace at all is the file $OFFLINE_FILE.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"
. "$SCRIPTS_DIR/container.sh"

name=vllm-model-files
served() { as_container_user python3 "$SCRIPTS_DIR/served.py" "$1" "$CACHE_DIR/huggingface" "$VLLM_ARGS" "$IMAGE"; }

# In the image, with the same folders, token and hub as vLLM: fetch_model.py says what for.
fetch() {
  docker run --rm --name "$name" --pull never --gpus all --log-driver none --entrypoint python3 \
    "${CONFINED[@]}" \
    --volume "$CACHE_DIR/huggingface:/cache/huggingface" \
    --volume "$SECRETS_DIR:/run/secrets/vllm:ro" \
    --volume "$SCRIPTS_DIR/fetch_model.py:/opt/fetch_model.py:ro" \
    --env-file "$CONTAINER_ENV" \
    --env HF_HUB_DISABLE_PROGRESS_BARS=1 \
    --env STACK="$STACK" \
    "$IMAGE" /opt/fetch_model.py "$(remaining_s)" "${args[@]}" 2>&1
}

# Its lines become events; the last one is the reason when it fails.
relay() {
  local line
  while IFS= read -r line; do
    if [[ $line == "waiting: "* ]]; then waiting "${line#waiting: }"; fi
    printf '%s\n' "${line#failed: }" | tee "$REASON_FILE"
  done
}

# A model that comes from S3 is copied by the host, whose role may read it. The container gets no keys.
copy() {
  python3 "$SCRIPTS_DIR/copy_model.py" "$(remaining_s)" "$MODEL_SOURCE" "$CACHE_DIR/models${args[0]#/models}" \
    "$MODEL_FILE" "${args[@]}" 2>&1
}

mapfile -t args <"$VLLM_ARGS"
rm -f "$OFFLINE_FILE"
if [[ -n ${MODEL_SOURCE:-} ]]; then
  copy | relay || fail "$(cat "$REASON_FILE")"
  # A second repository (a tokenizer, a draft model) is still HuggingFace's.
  if served alone; then touch "$OFFLINE_FILE"; fi
  exit 0
fi
if [[ ! ${args[0]} =~ ^[[:alnum:]][[:alnum:]._-]*(/[[:alnum:]][[:alnum:]._-]*)?$ ]]; then
  log "${args[0]} is no model on HuggingFace: vLLM reads it itself"
  exit 0
fi
if [[ " ${args[*]}" == *" --download-dir"* ]]; then
  log "--download-dir: vLLM downloads the model itself"
  exit 0
fi
if served check; then
  log "${args[0]} has served from this slot and is complete: starting offline"
  touch "$OFFLINE_FILE"
  exit 0
fi
# Left over when only the docker client died.
if docker container inspect "$name" >/dev/null 2>&1; then docker rm --force "$name"; fi
status=0
fetch | relay || status=$?
((status == 0 || status == 3)) || fail "${args[0]}: $(cat "$REASON_FILE")"
# vLLM keys its compile cache by where the model is, a name or a folder: the first start must see what later ones will.
# A second repository (a tokenizer, a draft model) or weights of a folder vLLM fetches itself.
if ((status == 0)) && served alone; then touch "$OFFLINE_FILE"; fi
