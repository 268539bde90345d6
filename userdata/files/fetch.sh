#!/usr/bin/env bash
# Fetches the host scripts, which are named by their hash, checks them and installs them. cloud-init runs this at every
# boot, so that a reboot in the middle goes on; once they are installed, systemd starts the boot.
set -euo pipefail
# shellcheck source=/dev/null
. "${VLLM_ENV:=/etc/vllm/vllm.env}"
export AWS_REGION AWS_DEFAULT_REGION="$AWS_REGION" AWS_PAGER=""
target=${SCRIPTS_DIR:-/opt/vllm}
archive=$target/scripts.archive
installed=$target/installed

say() { echo "vllm: scripts: $*"; }

fetch() {
  local attempt
  for attempt in {1..12}; do
    aws s3 cp --only-show-errors "s3://$SCRIPTS_BUCKET/$SCRIPTS_KEY" "$archive" && return 0
    say "attempt $attempt of 12 failed, again in 10 s"
    sleep 10
  done
  return 1
}

give_up() {
  "$target/abandon.sh" scripts "$1" || say "this launch was not given up"
  exit 1
}

[[ ! -e $installed ]] || exit 0
mkdir -p "$target"
fetch || give_up "s3://$SCRIPTS_BUCKET/$SCRIPTS_KEY could not be fetched"
echo "${SCRIPTS_KEY##*/}  $archive" | sha256sum --check --status ||
  give_up "the object is not what its name says: $(sha256sum "$archive")"
bash "$archive" "$target" || give_up "the archive could not be unpacked"
"$target/install.sh" || give_up "the units could not be installed"
touch "$installed"
