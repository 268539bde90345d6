#!/usr/bin/env bash
# Puts the container engine's store on the cache slot, so that an image is pulled once per slot. Docker keeps images
# in its own folder or, since version 29, in containerd's; both go.
set -Eeuo pipefail
. "$SCRIPTS_DIR/lib.sh"
ENGINE=(docker.socket docker.service containerd.service)

bound() { [[ $CACHE_DIR/engine/docker -ef $DOCKER_DIR && $CACHE_DIR/engine/containerd -ef $CONTAINERD_DIR ]]; }

# bind NAME TARGET
bind() {
  mkdir -p "$2"
  [[ $CACHE_DIR/engine/$1 -ef $2 ]] || mount --bind "$CACHE_DIR/engine/$1" "$2"
}

start_engine() { systemctl start containerd.service docker.socket docker.service && docker info >/dev/null; }

if bound && docker info >/dev/null; then
  log "the engine's store is already on the slot"
  exit 0
fi
systemctl stop "${ENGINE[@]}"
bind docker "$DOCKER_DIR"
bind containerd "$CONTAINERD_DIR"
start_engine && exit 0

# The store is disposable: images can be pulled again. Model files are elsewhere and stay.
log "the engine does not start on this store (of another version?): emptying it"
systemctl stop "${ENGINE[@]}"
find "$CACHE_DIR/engine/docker" "$CACHE_DIR/engine/containerd" -mindepth 1 -xdev -delete
systemctl reset-failed "${ENGINE[@]}"
start_engine || fail "the container engine does not start: $(journalctl -b -u docker.service -n 3 -o cat)"
