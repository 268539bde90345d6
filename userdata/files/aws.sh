# shellcheck shell=bash
# Instance metadata, lifecycle and log group. Sourced after lib.sh.

: "${IMDS:=http://169.254.169.254}"

# imds PATH: instance metadata with a session token (IMDSv2).
imds() {
  local token
  token=$(curl --fail --silent --max-time 5 --request PUT "$IMDS/latest/api/token" \
    --header 'X-aws-ec2-metadata-token-ttl-seconds: 60') &&
    curl --fail --silent --max-time 5 "$IMDS/latest/meta-data/$1" --header "X-aws-ec2-metadata-token: $token"
}

# Sets INSTANCE_ID and ZONE.
load_identity() {
  INSTANCE_ID=$(retry 20 3 imds instance-id) && ZONE=$(retry 20 3 imds placement/availability-zone) || return 1
  export INSTANCE_ID ZONE
}

# Sets GROUP and LIFECYCLE_STATE; both "none" for an instance outside of any group.
load_lifecycle() {
  local answer
  answer=$(aws autoscaling describe-auto-scaling-instances --instance-ids "$INSTANCE_ID" --output text \
    --query 'AutoScalingInstances[0].[AutoScalingGroupName,LifecycleState]') || return 1
  [[ $answer != None ]] || answer="none none"
  read -r GROUP LIFECYCLE_STATE <<<"$answer"
}

# complete_hook HOOK CONTINUE|ABANDON
complete_hook() {
  aws autoscaling complete-lifecycle-action --auto-scaling-group-name "$GROUP" --instance-id "$INSTANCE_ID" \
    --lifecycle-hook-name "$1" --lifecycle-action-result "$2"
}

# Tells the group that a booting host is alive. After a reboot no hook waits, and there is nothing to tell.
heartbeat() {
  load_lifecycle || return 1
  [[ $LIFECYCLE_STATE == Pending:Wait ]] || return 0
  aws autoscaling record-lifecycle-action-heartbeat --auto-scaling-group-name "$GROUP" \
    --instance-id "$INSTANCE_ID" --lifecycle-hook-name "$LAUNCHING_HOOK"
}

# Sends the events that are not sent yet to the stream of this instance. One sender at a time.
ship_events() (
  flock 9
  local sent total
  sent=$(cat "$EVENTS_FILE.sent" 2>/dev/null) || sent=0
  total=$(wc -l <"$EVENTS_FILE")
  ((total > sent)) || return 0
  if ((sent == 0)); then create_log_stream || return 1; fi
  printf '[%s]' "$(sed -n "$((sent + 1)),${total}p" "$EVENTS_FILE" | paste -sd,)" >"$EVENTS_FILE.batch"
  aws logs put-log-events --log-group-name "$LOG_GROUP" --log-stream-name "$INSTANCE_ID" \
    --log-events "file://$EVENTS_FILE.batch" >/dev/null || return 1
  printf '%s\n' "$total" >"$EVENTS_FILE.sent"
) 9>"$EVENTS_FILE.lock"

create_log_stream() {
  local error
  error=$(aws logs create-log-stream --log-group-name "$LOG_GROUP" --log-stream-name "$INSTANCE_ID" 2>&1) && return 0
  [[ $error == *ResourceAlreadyExists* ]] && return 0
  printf '%s\n' "$error" >&2
  return 1
}
