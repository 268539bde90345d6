#!/usr/bin/env bash
# Copies the user's tags, which the group gave to this instance, to its root volume and network interfaces: in the
# launch template they would roll the fleet with every change. Runs after the host serves, and never fails a boot.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"

# One tag a line, as the CLI takes it. Not those of AWS, nor those that the launch template or a tool sets.
user_tags() {
  within_deadline aws ec2 describe-tags --filters "Name=resource-id,Values=$INSTANCE_ID" --output text \
    --query "Tags[?!starts_with(Key, 'aws:') && !starts_with(Key, 'vllm:') && !contains(['Name', 'Project', 'Stack', 'ManagedBy'], Key)]
      .to_string({Key: Key, Value: Value})" | tr '\t' '\n' | sed '/^$/d'
}

# Not the cache slot, which has its tags from Pulumi.
root_volume() {
  within_deadline aws ec2 describe-volumes --filters "Name=attachment.instance-id,Values=$INSTANCE_ID" \
    --query "Volumes[?!(Tags[?Key=='vllm:cache-pool'])].VolumeId" --output text
}

interfaces() {
  local mac macs
  macs=$(imds network/interfaces/macs/) || return 1
  for mac in $macs; do
    imds "network/interfaces/macs/${mac%/}/interface-id" || return 1
    echo
  done
}

# One by one: a key that the host may not set (someone else's, on the instance) must not keep the others away.
copy() {
  local tags tag volume nics
  tags=$(user_tags) || return 1
  if [[ -z $tags ]]; then
    log "no user tags"
    return 0
  fi
  volume=$(root_volume) || return 1
  nics=$(interfaces) || return 1
  while read -r tag; do
    # shellcheck disable=SC2086 # ids, one word each
    within_deadline aws ec2 create-tags --resources $volume $nics --tags "$tag" || log "tag $tag was not copied"
  done <<<"$tags"
}

copy || log "the user's tags were not copied to the root volume and the network interfaces"
