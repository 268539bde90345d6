#!/usr/bin/env bash
# Which of the stack's types this host has: the number of GPUs, the planned concurrency and arguments of vLLM follow from
# it, at each boot anew. A stack with one type has nothing to choose.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"

if [[ ! -e $VLLM_TYPES ]]; then exit 0; fi
type=$(retry 20 3 imds instance-type) || fail "$IMDS does not tell the instance type"
chosen=$(python3 "$SCRIPTS_DIR/host_type.py" "$VLLM_TYPES" "$PLANNED_ARGS" "$type" "$RUN_DIR" 2>"$REASON_FILE") ||
  fail "$(cat "$REASON_FILE")"
say "$chosen"
