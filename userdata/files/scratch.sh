# shellcheck shell=bash
# A volume of this instance alone, for a host that gets no slot. Sourced by step cache-slot after slots.sh and
# filesystem.sh; a function that returns 1 says in PROBLEM why.

# Like the largest slot of the pool, whatever its size was when this host's user data was written.
slot_description() {
  aws ec2 describe-volumes --filters "Name=tag:vllm:cache-pool,Values=$CACHE_POOL" --output text \
    --query 'sort_by(Volumes,&Size)[-1].[Size,VolumeType,Iops,Throughput,Encrypted,KmsKeyId]' 2>"$AWS_ERROR"
}

# The newest that seeds this pool (`ops bake` makes them): id and GiB, or "None".
newest_snapshot() {
  aws ec2 describe-snapshots --owner-ids self --output text \
    --filters "Name=tag:vllm:cache-pool,Values=$CACHE_POOL" Name=status,Values=completed \
    --query 'sort_by(Snapshots,&StartTime)[-1].[SnapshotId,VolumeSize]' 2>"$AWS_ERROR"
}

# Sets SCRATCH to a new volume that can be attached.
make_scratch() {
  local slot seed size type iops throughput encrypted key snapshot snapshot_gib options tags
  slot=$(slot_description) && seed=$(newest_snapshot) || problem "$(tail -n 1 "$AWS_ERROR")" || return 1
  [[ $slot != None ]] || problem "pool $CACHE_POOL has no slot to take the size from" || return 1
  read -r size type iops throughput encrypted key <<<"$slot"
  read -r snapshot snapshot_gib <<<"$seed"
  tags="{Key=vllm:scratch,Value=$STACK},{Key=Project,Value=vllm},{Key=Stack,Value=$STACK}"
  options=(--availability-zone "$ZONE" --volume-type "$type"
    --tag-specifications "ResourceType=volume,Tags=[$tags,{Key=Name,Value=vllm-$STACK-scratch}]")
  # Of the other types AWS shows what they have but takes no wish.
  case $type in
    gp3) options+=(--iops "$iops" --throughput "$throughput") ;;
    io1 | io2) options+=(--iops "$iops") ;;
  esac
  if [[ $encrypted == True ]]; then options+=(--encrypted); fi
  if [[ $key != None ]]; then options+=(--kms-key-id "$key"); fi
  if [[ $snapshot != None ]]; then
    options+=(--snapshot-id "$snapshot")
    if ((snapshot_gib > size)); then size=$snapshot_gib; fi
  fi
  SCRATCH=$(aws ec2 create-volume "${options[@]}" --size "$size" --query VolumeId --output text 2>"$AWS_ERROR") ||
    problem "$(tail -n 1 "$AWS_ERROR")" || return 1
  log "scratch volume $SCRATCH: $size GiB, seeded by ${snapshot/None/nothing}"
  until_available
}

until_available() {
  local give_up_at_s=$(($(now_s) + 120)) state
  while (($(now_s) < give_up_at_s)); do
    state=$(aws ec2 describe-volumes --volume-ids "$SCRATCH" --query 'Volumes[0].State' --output text) || state=unknown
    [[ $state != available ]] || return 0
    waiting "scratch volume $SCRATCH is $state"
    sleep 2
  done
  problem "$SCRATCH is $state after 120 s"
}

# delete_with_instance VOLUME
delete_with_instance() {
  local device
  device=$(aws ec2 describe-volumes --volume-ids "$1" --query 'Volumes[0].Attachments[0].Device' --output text) ||
    device=unknown
  if ! retry 6 5 aws ec2 modify-instance-attribute --instance-id "$INSTANCE_ID" --block-device-mappings \
    "[{\"DeviceName\":\"$device\",\"Ebs\":{\"DeleteOnTermination\":true}}]"; then
    warn "scratch volume $1 will outlive $INSTANCE_ID: delete it then, or a later host without a slot takes it"
  fi
}
