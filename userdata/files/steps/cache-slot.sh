#!/usr/bin/env bash
# Claims one EBS volume of the pool for this instance and mounts it. Attaching is atomic on AWS: of two hosts that
# want one volume, one is refused and tries the next.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"

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
      *"already in use"*) log "$device is taken" ;;
      *) fail "slot $volume could not be attached: $error" ;;
    esac
  done
  fail "no free device name on $INSTANCE_ID for slot $volume"
}

# Sets VOLUME: the slot that this instance has already (after a reboot), else the first one that it gets.
claim() {
  local mine free volume
  while true; do
    mine=$(pool_volumes "Name=attachment.instance-id,Values=$INSTANCE_ID")
    free=$(pool_volumes Name=status,Values=available "Name=availability-zone,Values=$ZONE")
    if [[ -n $mine ]]; then VOLUME=${mine%%$'\n'*} && return 0; fi
    for volume in $free; do
      if try_attach "$volume"; then VOLUME=$volume && return 0; fi
    done
    if expired; then fail "no free cache slot in pool $CACHE_POOL in $ZONE within the boot deadline"; fi
    waiting "every cache slot of pool $CACHE_POOL in $ZONE is in use"
    sleep 5
  done
}

# Sets DEVICE: the link that udev makes some seconds after the volume was attached.
wait_for_device() {
  local give_up_at_s=$(($(now_s) + 180))
  DEVICE=$DISK_DIR/nvme-Amazon_Elastic_Block_Store_${VOLUME/-/}
  until [[ -e $DEVICE ]]; do
    if expired || (($(now_s) >= give_up_at_s)); then
      fail "slot $VOLUME is attached but $DEVICE does not appear"
    fi
    waiting "slot $VOLUME is attached, its device is not there yet"
    sleep 1
  done
}

# Formats only what is blank: no known signature, and 4 MiB of zeros. A damaged filesystem is not blank.
prepare_filesystem() {
  local found status=0
  found=$(wipefs --noheadings --output TYPE "$DEVICE")
  case $found in
    ext4)
      e2fsck -p "$DEVICE" || status=$?
      ((status <= 1)) || fail "slot $VOLUME: e2fsck cannot repair the filesystem (status $status)"
      ;;
    '')
      cmp --quiet --bytes=4194304 "$DEVICE" /dev/zero ||
        fail "slot $VOLUME holds data but no known filesystem: not formatted. Wipe or delete the volume"
      log "slot $VOLUME is blank: formatting"
      mkfs.ext4 -q -F -m 0 -L vllm-cache "$DEVICE"
      ;;
    *) fail "slot $VOLUME holds ${found//$'\n'/, }, not ext4: not formatted. Wipe or delete the volume" ;;
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
