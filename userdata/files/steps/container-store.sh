#!/usr/bin/env bash
# Puts the container engine's store on the cache slot, so that an image is pulled once per slot. Docker keeps images
# in its own folder or, in newer versions, in containerd's; both go.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"
. "$SCRIPTS_DIR/slots.sh"

# bind NAME TARGET
bind() {
  mkdir -p "$2"
  [[ $CACHE_DIR/engine/$1 -ef $2 ]] || mount --bind "$CACHE_DIR/engine/$1" "$2"
}

bound() { [[ $CACHE_DIR/engine/docker -ef $DOCKER_DIR && $CACHE_DIR/engine/containerd -ef $CONTAINERD_DIR ]]; }

if bound && docker info >/dev/null; then
  log "the engine's store is already on the slot"
  exit 0
fi
stop_engine
bind docker "$DOCKER_DIR"
bind containerd "$CONTAINERD_DIR"
if start_engine; then exit 0; fi

log "the engine does not start on this store (of another version?): emptying it"
empty_engine_store || fail "the container engine does not start: $(journalctl -b -u docker.service -n 3 -o cat)"
