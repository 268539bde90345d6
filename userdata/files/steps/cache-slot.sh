#!/usr/bin/env bash
# Claims one EBS volume of the pool for this instance and mounts it. Attaching is atomic on AWS: of two hosts that
# want one volume, one is refused and tries the next. A host that gets no slot serves all the same: from a scratch
# volume, at last from the root disk.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"
. "$SCRIPTS_DIR/slots.sh"
. "$SCRIPTS_DIR/filesystem.sh"
. "$SCRIPTS_DIR/scratch.sh"
. "$SCRIPTS_DIR/container.sh"

declare -A SET_ASIDE=() # volumes that this boot does not touch again
WHY=""                  # no slot was had

# set_aside VOLUME: for PROBLEM.
set_aside() {
  local error
  SET_ASIDE[$1]=$PROBLEM
  error=$(aws ec2 detach-volume --volume-id "$1" --instance-id "$INSTANCE_ID" 2>&1 >/dev/null) ||
    log "$1 could not be detached: $error"
  warn "volume $1 $PROBLEM: left as it is, the next one is tried. To use it again, wipe it (wipefs --all DEVICE), or\
 delete it and run pulumi up --refresh"
}

# attach VOLUME: 1 when another host was faster or AWS refuses.
attach() {
  local device error
  for device in /dev/sd{f..p}; do
    error=$(aws ec2 attach-volume --volume-id "$1" --instance-id "$INSTANCE_ID" --device "$device" \
      2>&1 >/dev/null) && return 0
    case $error in
      *VolumeInUse* | *IncorrectState* | *InvalidVolume.NotFound*) log "volume $1 is taken: $error" && return 1 ;;
      *RequestLimitExceeded* | *Unavailable*) log "volume $1, later again: $error" && return 1 ;;
      *"already in use"*) log "$device is taken" ;;
      *) break ;;
    esac
  done
  SET_ASIDE[$1]=$error
  warn "volume $1 could not be attached, the next one is tried: $error"
  return 1
}

# The link that udev makes some seconds after the volume was attached.
wait_for_device() {
  local give_up_at_s=$(($(now_s) + 120))
  until [[ -e $1 ]]; do
    if expired || (($(now_s) >= give_up_at_s)); then problem "is attached but $1 does not appear" || return 1; fi
    waiting "a volume is attached, its device $1 is not there yet"
    sleep 1
  done
}

# use VOLUME: mounts an attached one; 1 when the next one must be tried.
use() {
  local device=$DISK_DIR/nvme-Amazon_Elastic_Block_Store_${1/-/} elsewhere
  if elsewhere=$(findmnt --noheadings --raw --output TARGET --source "$device"); then
    # Detached while mounted it would hang.
    SET_ASIDE[$1]=mounted
    warn "volume $1 is mounted at ${elsewhere//$'\n'/, }: unmount it there. The next one is tried"
    return 1
  fi
  if wait_for_device "$device" && prepare_filesystem "$device" && mount_grown "$device"; then
    log "the cache is on volume $1"
    return 0
  fi
  set_aside "$1"
  return 1
}

refresh() {
  VOLUMES=$(list_volumes) || fail "the cache volumes in $ZONE cannot be listed: $(tail -n 1 "$AWS_ERROR")"
}

# listed KIND PLACE: the volumes, without those that were set aside.
listed() {
  local id kind place
  while read -r id kind place; do
    # shellcheck disable=SC2053 # PLACE is a pattern
    if [[ $kind == "$1" && $place == $2 && ! -v SET_ASIDE[$id] ]]; then printf '%s\n' "$id"; fi
  done <<<"$VOLUMES"
}

# What this instance has already: after a reboot, or when the answer to an attach was lost.
resume() {
  local volume
  for volume in $(listed pool here); do if use "$volume"; then return 0; fi; done
  for volume in $(listed scratch here); do if use "$volume"; then delete_with_instance "$volume" && return 0; fi; done
  return 1
}

claim_slot() {
  local give_up_at_s=$((STEP_STARTED_AT_S + CACHE_WAIT_S)) volume
  while true; do
    if resume; then return 0; fi
    for volume in $(listed pool free); do if attach "$volume" && use "$volume"; then return 0; fi; done
    WHY="pool $CACHE_POOL has no usable slot in $ZONE"
    [[ -n $(listed pool '*') ]] || return 1
    WHY="every cache slot of pool $CACHE_POOL in $ZONE is in use"
    if expired || (($(now_s) >= give_up_at_s)); then return 1; fi
    waiting "$WHY"
    sleep 5
    refresh
  done
}

claim_scratch() {
  local volume
  for volume in $(listed scratch free); do
    if attach "$volume" && use "$volume"; then
      keep_scratch "$volume"
      return 0
    fi
  done
  make_scratch || return 1
  PROBLEM="$SCRATCH could not be attached"
  attach "$SCRATCH" && use "$SCRATCH" && keep_scratch "$SCRATCH"
}

keep_scratch() {
  delete_with_instance "$1"
  warn "$WHY: using scratch volume $1, which ends with this instance. Who has the\
 slots: python -m ops cache list --stack $STACK"
}

use_root_disk() {
  : >"$RUN_DIR/on-root-disk"
  warn "$WHY, and no scratch volume: $PROBLEM. The cache is on the root disk and ends with this instance"
}

mkdir -p "$CACHE_DIR"
if mountpoint --quiet "$CACHE_DIR"; then
  log "$CACHE_DIR is already mounted"
elif [[ -e $RUN_DIR/on-root-disk ]]; then
  log "the cache is on the root disk until the next reboot"
else
  refresh
  claim_slot || claim_scratch || use_root_disk
fi
mkdir -p "$CACHE_DIR"/{huggingface,vllm,engine/docker,engine/containerd}
# Slots of earlier releases belong to root. Only these two are the container's; what leads to them is not.
for folder in huggingface vllm; do give_to_container "$CACHE_DIR/$folder"; done
