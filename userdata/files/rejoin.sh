#!/usr/bin/env bash
# Brings a host that serves again back into rotation: after a stop by a person, and after a reboot. Status 3 when that
# is not its place now.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"
. "$SCRIPTS_DIR/traffic.sh"

export DEADLINE_AT_S=$(($(now_s) + 60))
load_identity
load_lifecycle
if [[ $LIFECYCLE_STATE != InService ]]; then
  log "not in rotation: the instance is in state $LIFECYCLE_STATE"
  exit 3
fi
# It may be stopping by now.
systemctl is-active --quiet vllm.service || exit 3
join_rotation
