#!/usr/bin/env bash
# Waits until the group wants this instance gone; then lets requests end, gives the cache slot back and completes
# the terminating hook. Started again by systemd when it fails; every part is safe to repeat.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"

until_terminated() {
  local state
  while true; do
    # Not there (404) outside of a group and before the group has noticed the instance.
    state=$(imds autoscaling/target-lifecycle-state) || state=""
    [[ $state != Terminated ]] || return 0
    sleep 5
  done
}

# The group deregisters the target before the hook; requests must not be cut while the load balancer still sends some.
until_deregistered() {
  local give_up_at_s state
  give_up_at_s=$(($(now_s) + DEREGISTRATION_DELAY_S + 30))
  while (($(now_s) < give_up_at_s)); do
    state=$(aws elbv2 describe-target-health --target-group-arn "$TARGET_GROUP_ARN" \
      --targets "Id=$INSTANCE_ID" --query 'TargetHealthDescriptions[0].TargetHealth.State' --output text) ||
      { log "the target's state is unknown; asking again" && state=unknown; }
    case $state in
      unused | None) return 0 ;;
      *) log "drain: target is $state" ;;
    esac
    sleep 5
  done
  log "drain: the target did not deregister within $DEREGISTRATION_DELAY_S s"
}

release_slot() {
  local volume target
  for target in "$DOCKER_DIR" "$CONTAINERD_DIR"; do
    if [[ $CACHE_DIR/engine/${target##*/} -ef $target ]]; then umount "$target"; fi
  done
  if mountpoint --quiet "$CACHE_DIR"; then umount "$CACHE_DIR"; fi
  volume=$(aws ec2 describe-volumes --query 'Volumes[].[VolumeId]' --output text --filters \
    "Name=tag:vllm:cache-pool,Values=$CACHE_POOL" "Name=attachment.instance-id,Values=$INSTANCE_ID" \
    Name=attachment.status,Values=attached)
  [[ -z $volume ]] || aws ec2 detach-volume --volume-id "$volume" >/dev/null
  log "drain: released ${volume:-no slot}"
}

complete_terminating() {
  local give_up_at_s=$(($(now_s) + 300))
  while (($(now_s) < give_up_at_s)); do
    load_lifecycle
    case $LIFECYCLE_STATE in
      Terminating:Wait) complete_hook "$TERMINATING_HOOK" CONTINUE && return 0 ;;
      Terminating) sleep 3 ;;
      *) log "drain: no terminating hook waits in state $LIFECYCLE_STATE" && return 0 ;;
    esac
  done
  log "drain: the terminating hook did not begin to wait"
}

mkdir -p "$RUN_DIR"
DEADLINE_AT_S=$(($(now_s) + 600)) load_identity
until_terminated
log "drain: the group terminates this instance"
# A boot in progress would mount and start again what is taken down here.
systemctl stop vllm-boot.service
until_deregistered
systemctl stop vllm.service
systemctl stop docker.socket docker.service containerd.service
release_slot
complete_terminating
