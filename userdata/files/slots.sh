# shellcheck shell=bash
# The volumes that hosts keep their cache on: slots of the pool, and scratch volumes in place of one. Sourced after
# lib.sh and aws.sh.

AWS_ERROR=$RUN_DIR/aws.error # what AWS said against the last call that failed

# Never one that several instances may have at the same time: two hosts on one ext4 destroy it. Text of the CLI has a
# line for each volume and None for what it lacks.
describe_volumes() {
  aws ec2 describe-volumes --output text 2>"$AWS_ERROR" \
    --filters "Name=availability-zone,Values=$ZONE" Name=tag-key,Values=vllm:cache-pool,vllm:scratch \
    --query "sort_by(Volumes,&VolumeId)[?!MultiAttachEnabled].[VolumeId,State,Attachments[0].InstanceId,\
Attachments[0].State,Tags[?Key=='vllm:cache-pool']|[0].Value,Tags[?Key=='vllm:scratch']|[0].Value]" && return 0
  cat "$AWS_ERROR" >&2
  return 1
}

# The volumes of this stack in this zone, one a line: ID pool|scratch here|free|away. One call for all questions: the
# CLI takes a second to start.
list_volumes() {
  local rows id state holder attachment pool scratch kind place
  rows=$(retry 6 5 describe_volumes) || return 1
  while read -r id state holder attachment pool scratch; do
    case $pool:$scratch in
      "$CACHE_POOL":*) kind=pool ;;
      *:"$STACK") kind=scratch ;;
      *) continue ;;
    esac
    case $state:$holder:$attachment in
      available:*) place=free ;;
      *:"$INSTANCE_ID":attach*) place=here ;;
      *) place=away ;;
    esac
    printf '%s %s %s\n' "$id" "$kind" "$place"
  done <<<"$rows"
}

# Takes down what the boot mounted, and lets the next host have the slot. Never detached while mounted: the volume would
# hang in 'detaching' until the instance is gone. A scratch volume stays attached: AWS deletes it with the instance.
release_slot() {
  local volume target volumes
  for target in "$DOCKER_DIR" "$CONTAINERD_DIR"; do
    if [[ $CACHE_DIR/engine/${target##*/} -ef $target ]]; then retry 5 2 umount "$target" || return 1; fi
  done
  if mountpoint --quiet "$CACHE_DIR"; then retry 5 2 umount "$CACHE_DIR" || return 1; fi
  volumes=$(list_volumes | sed -n 's/ pool here$//p') || return 1
  for volume in $volumes; do aws ec2 detach-volume --volume-id "$volume" >/dev/null || return 1; done
  log "drain: released ${volumes:-no slot}"
}

# The container engine's store is disposable: images can be pulled again. Model files are elsewhere and stay.
empty_engine_store() {
  stop_engine
  find "$CACHE_DIR/engine/docker" "$CACHE_DIR/engine/containerd" -xdev -mindepth 1 -delete
  systemctl reset-failed "${ENGINE_UNITS[@]}"
  start_engine
}
