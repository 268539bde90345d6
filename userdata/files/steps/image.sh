#!/usr/bin/env bash
# The pinned image, pulled once per cache slot.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"

pull() { within_deadline docker pull --quiet "$IMAGE" 2>"$RUN_DIR/pull.error"; }

if docker image inspect "$IMAGE" >/dev/null 2>&1; then
  log "$IMAGE is already in the store"
  exit 0
fi
log "pulling $IMAGE"
retry 5 15 pull || fail "docker pull $IMAGE: $(tail -n 1 "$RUN_DIR/pull.error")"
