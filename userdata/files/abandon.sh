#!/usr/bin/env bash
# abandon.sh STEP REASON: gives this launch up, so that the group tries another instance now and not at the hook's
# timeout. In user data and with nothing but bash, curl and the AWS CLI, because it also serves a host that never got
# its scripts. Three launches given up in a row stop the group from launching: each costs the price of its GPUs.
set -euo pipefail
# shellcheck source=/dev/null
. "${VLLM_ENV:=/etc/vllm/vllm.env}"
export AWS_REGION AWS_DEFAULT_REGION="$AWS_REGION" AWS_PAGER="" AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=8
export AWS_METADATA_SERVICE_TIMEOUT=5 AWS_METADATA_SERVICE_NUM_ATTEMPTS=4
: "${IMDS:=http://169.254.169.254}"
step=$1 reason=${2//$'\n'/ }

say() { echo "vllm: abandon: $*" >&2; }

instance_id() {
  local token ask=(curl -fsS --retry 3 --max-time 5)
  token=$("${ask[@]}" -X PUT "$IMDS/latest/api/token" -H 'X-aws-ec2-metadata-token-ttl-seconds: 60') &&
    "${ask[@]}" "$IMDS/latest/meta-data/instance-id" -H "X-aws-ec2-metadata-token: $token"
}

# Sets group, state, template and version; all "None" outside of a group.
look_up() {
  local answer
  answer=$(aws autoscaling describe-auto-scaling-instances --instance-ids "$id" --output text --query \
    'AutoScalingInstances[0].[AutoScalingGroupName,LifecycleState,LaunchTemplate.[LaunchTemplateId,Version][]][]') ||
    return 1
  read -r group state template version <<<"$answer"
}

# A host that fails within seconds is faster than the group.
await_hook() {
  local attempt
  for attempt in {1..24}; do
    look_up || return 1
    [[ $state == Pending ]] || return 0
    say "the group has not reached its launching hook, look $attempt of 24"
    sleep 5
  done
}

# Launches that hosts gave up, or that ran into the hook's timeout, since the last one that succeeded, and only those
# since this launch template version exists; this one included. A launch that AWS refused for lack of capacity costs
# nothing and is not counted. AWS lists the newest first.
launches_given_up() {
  local since activities count=1 status started by_hook
  since=$(aws ec2 describe-launch-template-versions --launch-template-id "$template" --versions "$version" \
    --query 'LaunchTemplateVersions[0].CreateTime' --output text) || return 1
  activities=$(aws autoscaling describe-scaling-activities --auto-scaling-group-name "$group" --no-paginate \
    --output text --query "Activities[?starts_with(Description, 'Launching')].[StatusCode, StartTime,
      contains(StatusMessage || '', 'Lifecycle Action')]") || return 1
  while read -r status started by_hook; do
    [[ $status != Successful ]] || break
    # Both in UTC; versions of the CLI differ in what follows the seconds.
    if [[ $by_hook == True && ! ${started:0:19} < ${since:0:19} ]]; then count=$((count + 1)); fi
  done <<<"$activities"
  echo "$count"
}

refreshing() {
  local active running="['Pending', 'InProgress', 'Baking', 'Cancelling', 'RollbackInProgress']"
  active=$(aws autoscaling describe-instance-refreshes --auto-scaling-group-name "$group" --no-paginate \
    --output text --query "InstanceRefreshes[?contains($running, Status)].InstanceRefreshId") &&
    [[ -n $active && $active != None ]]
}

stop_boot_loop() {
  local count why
  count=$(launches_given_up) || return 1
  ((count >= 3)) || return 0
  if refreshing; then
    say "$count launches in a row were given up; the instance refresh in progress fails and rolls back by itself"
    return 0
  fi
  why="step $step failed in $count launches in a row: $reason; Launch is suspended. Fix it, pulumi up, then: \
python -m ops rollout --resume --stack $STACK"
  aws autoscaling suspend-processes --auto-scaling-group-name "$group" --scaling-processes Launch || return 1
  say "$why"
  aws cloudwatch put-metric-data --namespace vLLM --metric-name BootLoop --value 1 \
    --dimensions "Stack=$STACK" || return 1
  aws cloudwatch set-alarm-state --alarm-name "$BOOT_LOOP_ALARM" --state-value ALARM --state-reason "${why:0:1000}"
}

# Only for a host without scripts; any other has told the log group before.
tell_log_group() {
  local message
  message=$(printf '{"step": "%s", "status": "failed", "reason": "%s", "duration_s": %d}' \
    "$step" "${reason//[\\\"]/ }" "${SECONDS}")
  aws logs create-log-stream --log-group-name "$LOG_GROUP" --log-stream-name "$id" || say "the log stream was not made"
  aws logs put-log-events --log-group-name "$LOG_GROUP" --log-stream-name "$id" --output text \
    --log-events "[{\"timestamp\": $(date +%s)000, \"message\": \"${message//\"/\\\"}\"}]" ||
    say "the log group $LOG_GROUP did not take the reason"
}

say "step $step failed: $reason"
if ! id=$(instance_id); then
  say "$IMDS does not answer: this launch ends at the timeout of $LAUNCHING_HOOK"
  exit 1
fi
[[ $step != scripts ]] || tell_log_group
if ! await_hook; then
  say "the lifecycle state is unknown: this launch ends at the timeout of $LAUNCHING_HOOK"
  exit 1
fi
case $state in
  Pending:Wait)
    stop_boot_loop || say "launches in a row are not counted, or not stopped"
    aws autoscaling complete-lifecycle-action --auto-scaling-group-name "$group" --instance-id "$id" \
      --lifecycle-hook-name "$LAUNCHING_HOOK" --lifecycle-action-result ABANDON ||
      say "the hook was not completed; it ends at its timeout"
    ;;
  # A boot after a reboot: no hook waits, and the load balancer has taken the host out already.
  InService)
    aws autoscaling set-instance-health --instance-id "$id" --health-status Unhealthy ||
      say "the group does not replace this instance"
    ;;
  *) say "nothing to give up in state ${state:-None}" ;;
esac
