#!/usr/bin/env bash
# replace.sh REASON: has the group replace this host, which does not serve and will not by itself. The group launches
# the replacement first; until it ends, this host is sent nothing. Status 3 when the host is not in service.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"
. "$SCRIPTS_DIR/traffic.sh"

export DEADLINE_AT_S=$(($(now_s) + 60))
load_identity
load_lifecycle
if [[ $LIFECYCLE_STATE != InService ]]; then
  log "not replaced in state $LIFECYCLE_STATE: $1"
  exit 3
fi
# By default the call does nothing during the group's grace period.
aws autoscaling set-instance-health --instance-id "$INSTANCE_ID" --health-status Unhealthy \
  --no-should-respect-grace-period
leave_rotation || log "the load balancer's own check keeps requests away"
