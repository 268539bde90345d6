# shellcheck shell=bash
# What may be on a volume, and what is done about it. Sourced by step cache-slot.
# A function that returns 1 says in PROBLEM why, and has left every byte of the volume as it was.

problem() {
  # shellcheck disable=SC2034 # read by the step
  PROBLEM=$1
  return 1
}

# prepare_filesystem DEVICE: checks ext4, formats what is blank, refuses everything else.
prepare_filesystem() {
  local found
  found=$(wipefs --noheadings --output TYPE "$1" 2>&1) || problem "cannot be read: $found" || return 1
  case $found in
    ext4) check_ext4 "$1" ;;
    '') format_blank "$1" ;;
    *) problem "holds ${found//$'\n'/, }, not ext4" ;;
  esac
}

# e2fsck writes repairs before it gives up, so what it overwrites is kept (on tmpfs: a journal at most).
check_ext4() {
  local undo=$RUN_DIR/e2fsck.undo head=$RUN_DIR/e2fsck.head status=0
  rm -f "$undo"
  dd status=none bs=4096 count=1 if="$1" of="$head" || problem "cannot be read" || return 1
  e2fsck -p -z "$undo" "$1" || status=$?
  if ((status > 1)); then
    take_back "$1" "$undo" "$head" || log "$1 is not as it was before e2fsck: undo it with $undo and $head"
    problem "has a damaged ext4 filesystem (e2fsck ends with status $status)" || return 1
  fi
  rm -f "$undo" "$head"
}

# take_back DEVICE UNDO HEAD: no undo file means that e2fsck wrote nothing. -f, since the superblock that e2fsck leaves
# behind need not be one that e2undo can read; e2undo itself dates the superblock, which comes from HEAD at last.
take_back() {
  if [[ ! -s $2 ]]; then return 0; fi
  e2undo -f "$2" "$1" && dd status=none bs=4096 count=1 conv=notrunc if="$3" of="$1"
}

# Blank: no known signature, 4 MiB of zeros, and no copy of a superblock. A damaged filesystem is not blank.
format_blank() {
  local error
  cmp --quiet --bytes=4194304 "$1" /dev/zero || problem "holds data but no known filesystem" || return 1
  # Its status says whether the rest can be read, too.
  if [[ $(dumpe2fs -h -o superblock=32768 -o blocksize=4096 "$1" 2>/dev/null) == *0xEF53* ]]; then
    problem "holds an ext4 filesystem that has lost its beginning" || return 1
  fi
  log "$1 is blank: formatting"
  error=$(mkfs.ext4 -q -F -m 0 -L vllm-cache "$1" 2>&1) || problem "cannot be formatted: $error"
}

mount_ext4() {
  local error
  error=$(mount -t ext4 -o noatime "$1" "$CACHE_DIR" 2>&1) || problem "cannot be mounted: $error"
}

# mount_grown DEVICE: on CACHE_DIR, as large as the volume is by now.
mount_grown() {
  local error
  mount_ext4 "$1" || return 1
  error=$(resize2fs "$1" 2>&1) && return 0
  # Mounted it grows only with CAP_SYS_RESOURCE and room for more group descriptors; unmounted always.
  log "$1 does not grow while mounted: $error"
  umount "$CACHE_DIR" || problem "cannot be unmounted to grow" || return 1
  error=$(grow_unmounted "$1" 2>&1) || warn "the filesystem on $1 does not grow to the volume's size: $error"
  mount_ext4 "$1"
}

# resize2fs insists on a full check of an unmounted filesystem.
grow_unmounted() {
  local status=0
  e2fsck -f -p "$1" || status=$?
  ((status <= 1)) && resize2fs "$1"
}
