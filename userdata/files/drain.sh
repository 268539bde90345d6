#!/usr/bin/env bash
# Waits until the group wants this instance gone; then lets requests end, gives the cache slot back and completes
# the terminating hook. systemd starts it again when it fails; every part is safe to repeat.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"

until_terminated() {
  local state=""
  until [[ $state == Terminated ]]; do
    sleep 5
    # 404 outside of a group, and before the group has noticed the instance.
    state=$(imds autoscaling/target-lifecycle-state) || state=""
  done
}

target_state() {
  aws elbv2 describe-target-health --target-group-arn "$TARGET_GROUP_ARN" --targets "Id=$INSTANCE_ID" \
    --query 'TargetHealthDescriptions[0].TargetHealth.State' --output text
}

# The group deregisters the target; from then on the load balancer sends nothing new here. Not waited for is the end
# of 'draining': AWS shows it for the whole deregistration delay, and vLLM itself waits for the requests in flight.
until_deregistered() {
  local give_up_at_s=$(($(now_s) + 120)) state
  while (($(now_s) < give_up_at_s)); do
    state=$(target_state) || state="not known"
    case $state in
      draining)
        sleep 10 # until every node of the load balancer knows
        return 0
        ;;
      unused | None) return 0 ;;
    esac
    log "drain: the target is $state"
    sleep 5
  done
  log "drain: the target was not deregistered within 120 s; stopping anyway"
}

# Never detached while mounted: the volume would hang in 'detaching' until the instance is gone.
release_slot() {
  local volume target
  for target in "$DOCKER_DIR" "$CONTAINERD_DIR"; do
    if [[ $CACHE_DIR/engine/${target##*/} -ef $target ]]; then umount "$target" || return 1; fi
  done
  if mountpoint --quiet "$CACHE_DIR"; then umount "$CACHE_DIR" || return 1; fi
  volume=$(pool_volumes "Name=attachment.instance-id,Values=$INSTANCE_ID" Name=attachment.status,Values=attached) ||
    return 1
  if [[ -n $volume ]]; then aws ec2 detach-volume --volume-id "$volume" >/dev/null || return 1; fi
  log "drain: released ${volume:-no slot}"
}

# The metadata announces the end first; the hook begins to wait only after the deregistration delay.
complete_terminating() {
  local give_up_at_s=$(($(now_s) + DEREGISTRATION_DELAY_S + 300))
  while (($(now_s) < give_up_at_s)); do
    load_lifecycle
    case $LIFECYCLE_STATE in
      Terminating:Wait) complete_hook "$TERMINATING_HOOK" CONTINUE && return 0 ;;
      Terminating | InService | Pending*) ;;
      *) log "drain: no terminating hook waits in state $LIFECYCLE_STATE" && return 0 ;;
    esac
    sleep 5
  done
  log "drain: the terminating hook did not begin to wait"
}

mkdir -p "$RUN_DIR"
DEADLINE_AT_S=$(($(now_s) + 3600))
load_identity
until_terminated
log "drain: the group terminates this instance"
DEADLINE_AT_S=$(($(now_s) + 3600))
# A boot in progress would mount and start again what is taken down here.
systemctl stop vllm-boot.service
until_deregistered
systemctl stop vllm.service
stop_engine
release_slot || log "drain: the slot was not released; it becomes free with the end of the instance"
complete_terminating
