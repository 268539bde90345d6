#!/usr/bin/env bash
# Room for what is still to come, before minutes are spent on downloading it.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"
. "$SCRIPTS_DIR/slots.sh"

# Sets STATUS and SAID.
make_room() {
  STATUS=0
  SAID=$(python3 "$SCRIPTS_DIR/evict.py" "$CACHE_DIR" "$IMAGE" "$CHECKPOINT_GIB" "$VLLM_ARGS") || STATUS=$?
}

make_room
# An engine that changed the way it stores images sees none of the old ones, and so they cannot be removed one by one.
if ((STATUS == 3)) && ! docker image inspect "$IMAGE" >/dev/null 2>&1; then
  log "$SAID; emptying the engine's store"
  empty_engine_store || fail "the container engine does not start on an empty store"
  make_room
fi
if [[ -e $RUN_DIR/on-root-disk ]]; then SAID+=" (this is the root disk: step cache-slot says why)"; fi
case $STATUS in
  0) log "$(df --human-readable "$CACHE_DIR" | tail -n 1)" ;;
  3) fail "$SAID" ;;
  4) warn "$SAID" ;;
  *) exit "$STATUS" ;; # it has said why
esac
