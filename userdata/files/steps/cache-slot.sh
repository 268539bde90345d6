#!/usr/bin/env bash
# Claims one EBS volume of the pool for this instance and mounts it. Attaching is atomic on AWS: of two hosts
# that want one volume, one is refused and tries the next.
set -Eeuo pipefail
. "$SCRIPTS_DIR/lib.sh"

# pool_volumes FILTER...: ids, one a line.
pool_volumes() {
  aws ec2 describe-volumes --filters "Name=tag:vllm:cache-pool,Values=$CACHE_POOL" "$@" \
    --query 'Volumes[].[VolumeId]' --output text
}

# try_attach VOLUME: 1 when another host was faster.
try_attach() {
  local volume=$1 device error
  for device in /dev/sd{f..p}; do
    error=$(aws ec2 attach-volume --volume-id "$volume" --instance-id "$INSTANCE_ID" --device "$device" \
      2>&1 >/dev/null) && return 0
    case $error in
      *VolumeInUse* | *IncorrectState* | *InvalidVolume.NotFound*)
        log "slot $volume is taken: $error"
        return 1
        ;;
      *"already in use"*) continue ;;
      *) fail "slot $volume could not be attached: $error" ;;
    esac
  done
  fail "no free device name on $INSTANCE_ID for slot $volume"
}

# Sets VOLUME: a slot that this instance already has (after a reboot), else the first one that it gets.
claim() {
  local volume
  while true; do
    VOLUME=$(pool_volumes "Name=attachment.instance-id,Values=$INSTANCE_ID" | head -n 1)
    [[ -z $VOLUME ]] || return 0
    for volume in $(pool_volumes Name=status,Values=available "Name=availability-zone,Values=$ZONE" | sort); do
      if try_attach "$volume"; then VOLUME=$volume && return 0; fi
    done
    ! expired || fail "no free cache slot in pool $CACHE_POOL in $ZONE within the boot deadline"
    waiting "every cache slot of pool $CACHE_POOL in $ZONE is in use"
    sleep 5
  done
}

# Sets DEVICE: the link that udev makes for the volume some seconds after it was attached.
wait_for_device() {
  local give_up_at_s=$(($(now_s) + 180))
  DEVICE=$DISK_DIR/nvme-Amazon_Elastic_Block_Store_${VOLUME/-/}
  until [[ -e $DEVICE ]]; do
    if expired || (($(now_s) >= give_up_at_s)); then fail "slot $VOLUME is attached but $DEVICE does not appear"; fi
    waiting "slot $VOLUME is attached, $DEVICE not there yet"
    sleep 1
  done
}

# A volume without any signature is formatted only if its first 4 MiB are zero: a damaged filesystem is not blank.
prepare_filesystem() {
  local found status=0
  found=$(wipefs --noheadings --output TYPE "$DEVICE")
  case $found in
    ext4)
      e2fsck -p "$DEVICE" || status=$?
      ((status <= 1)) || fail "slot $VOLUME: e2fsck could not repair the filesystem (status $status)"
      ;;
    '')
      cmp --quiet --bytes=4194304 "$DEVICE" /dev/zero ||
        fail "slot $VOLUME holds data but no known filesystem; not formatted. Wipe or delete the volume"
      log "slot $VOLUME is blank: formatting"
      mkfs.ext4 -q -F -m 0 -L vllm-cache "$DEVICE"
      ;;
    *) fail "slot $VOLUME holds ${found//$'\n'/, }, not ext4; not formatted. Wipe or delete the volume" ;;
  esac
}

claim
log "slot $VOLUME"
wait_for_device
mkdir -p "$CACHE_DIR"
if mountpoint --quiet "$CACHE_DIR"; then
  log "$CACHE_DIR is already mounted"
else
  prepare_filesystem
  mount -o noatime "$DEVICE" "$CACHE_DIR"
fi
mkdir -p "$CACHE_DIR"/{huggingface,vllm,engine/docker,engine/containerd}
