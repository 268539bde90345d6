# shellcheck shell=bash
# What every container that handles the model is held by: it reads its image, writes the slot's two folders and /tmp,
# and may do nothing that an ordinary user may not. Sourced after lib.sh.

# Half of the memory: what the kernel gives the host's own /dev/shm, and a bound, not a reservation.
shm_kib() { awk '$1 == "MemTotal:" { print int($2 / 2) }' /proc/meminfo; }

# /tmp: libraries that PyTorch compiles are loaded from there, so it must be exec, which Docker's default is not.
# shellcheck disable=SC2034 # read by the scripts that source this
CONFINED=(
  --user "$CONTAINER_USER" --read-only --tmpfs "/tmp:rw,exec,nosuid,nodev,mode=1777,size=4g"
  --cap-drop ALL --security-opt no-new-privileges --pids-limit 16384
)
if [[ $CONTAINER_USER == 0:* ]]; then
  # Root of an image that needs it: all files, and nothing else.
  for capability in CHOWN DAC_OVERRIDE FOWNER; do CONFINED+=(--cap-add "$capability"); done
fi

# as_container_user COMMAND...: what root reads or writes in the container's folders it does with the container's
# rights, so that a link left there opens nothing to it.
as_container_user() {
  setpriv --reuid "${CONTAINER_USER%:*}" --regid "${CONTAINER_USER#*:}" --keep-groups --no-new-privs "$@"
}

# give_to_container FOLDER: once; the folder itself comes last, so that what was cut short is done again.
give_to_container() {
  if [[ $(stat --format %u:%g "$1") == "$CONTAINER_USER" ]]; then return 0; fi
  find -P "$1" -xdev -mindepth 1 -exec chown --no-dereference "$CONTAINER_USER" {} +
  chown --no-dereference "$CONTAINER_USER" "$1"
}
