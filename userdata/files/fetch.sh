#!/usr/bin/env bash
# Fetches the host scripts, which are named by their hash, checks them and installs them.
# The only script in user data; what it does not do itself is in the archive.
set -euo pipefail
# shellcheck source=/dev/null
. "${VLLM_ENV:=/etc/vllm/vllm.env}"
export AWS_REGION AWS_DEFAULT_REGION="$AWS_REGION" AWS_PAGER=""
target=${SCRIPTS_DIR:-/opt/vllm}
archive=$target/scripts.archive

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

# Without this the group would wait for the hook's timeout before it tries another instance.
abandon() {
  local imds=http://169.254.169.254/latest token id group
  say "$1"
  token=$(curl -fsS -X PUT "$imds/api/token" -H 'X-aws-ec2-metadata-token-ttl-seconds: 60')
  id=$(curl -fsS "$imds/meta-data/instance-id" -H "X-aws-ec2-metadata-token: $token")
  group=$(aws autoscaling describe-auto-scaling-instances --instance-ids "$id" --output text \
    --query 'AutoScalingInstances[0].AutoScalingGroupName')
  aws autoscaling complete-lifecycle-action --auto-scaling-group-name "$group" --instance-id "$id" \
    --lifecycle-hook-name "$LAUNCHING_HOOK" --lifecycle-action-result ABANDON
  exit 1
}

mkdir -p "$target"
fetch || abandon "s3://$SCRIPTS_BUCKET/$SCRIPTS_KEY could not be fetched"
echo "${SCRIPTS_KEY##*/}  $archive" | sha256sum --check --status ||
  abandon "the object is not what its name says: $(sha256sum "$archive")"
bash "$archive" "$target" || abandon "the archive could not be unpacked"
"$target/install.sh" || abandon "the units could not be installed"
