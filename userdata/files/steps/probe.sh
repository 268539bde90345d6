#!/usr/bin/env bash
# Ready means: one token came back through the API, with a key. /health answers 200 on a hung engine too.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"
. "$SCRIPTS_DIR/container.sh"

probe() {
  within_deadline python3 "$SCRIPTS_DIR/probe.py" 8000 "$SERVED_NAME" \
    "$SECRETS_DIR/config.yaml" 2>"$REASON_FILE"
}

retry 3 5 probe || fail "no completion: $(cat "$REASON_FILE")"
as_container_user python3 "$SCRIPTS_DIR/served.py" record "$CACHE_DIR/huggingface" "$VLLM_ARGS" "$IMAGE" ||
  warn "it is not recorded that this model has served: the next boot asks HuggingFace again"
