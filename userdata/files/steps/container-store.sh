#!/usr/bin/env bash
# Puts the container engine's store on the cache slot, so that an image is pulled once per slot. Docker keeps images
# in its own folder or, in newer versions, in containerd's; both go.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"

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

# The store is disposable: images can be pulled again. Model files are elsewhere and stay.
log "the engine does not start on this store (of another version?): emptying it"
stop_engine
find "$CACHE_DIR/engine/docker" "$CACHE_DIR/engine/containerd" -xdev -mindepth 1 -delete
systemctl reset-failed "${ENGINE_UNITS[@]}"
start_engine || fail "the container engine does not start: $(journalctl -b -u docker.service -n 3 -o cat)"
