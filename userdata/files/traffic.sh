# shellcheck shell=bash
# Whether the load balancer sends requests to this host. Sourced after lib.sh and aws.sh.

# Exists since this host took itself out; the agent brings it back once vLLM has served again.
OUT_OF_ROTATION=$RUN_DIR/out-of-rotation

# No call here may hold up an interruption, which leaves two minutes in all.
target_state() {
  timeout 15 aws elbv2 describe-target-health --target-group-arn "$TARGET_GROUP_ARN" --targets "Id=$INSTANCE_ID" \
    --query 'TargetHealthDescriptions[0].TargetHealth.State' --output text
}

# Returns when nothing new comes any more. Not waited for is the end of 'draining': AWS shows it for the whole
# deregistration delay, and vLLM itself waits for the requests in flight.
leave_rotation() {
  local state
  : >"$OUT_OF_ROTATION"
  state=$(target_state) || state="not known"
  case $state in
    unused | None) return 0 ;;
    draining) ;;
    *)
      if ! timeout 30 aws elbv2 deregister-targets --target-group-arn "$TARGET_GROUP_ARN" \
        --targets "Id=$INSTANCE_ID"; then
        log "the target could not be deregistered (it is $state); requests may still come"
        return 1
      fi
      ;;
  esac
  log "out of rotation"
  sleep 10 # until every node of the load balancer knows
}

# For a server that has ended: nothing is asked or waited for. AWS takes it as done where the host is no target.
leave_at_once() {
  : >"$OUT_OF_ROTATION"
  INSTANCE_ID=$(retry 3 1 imds instance-id) || return 1
  timeout 15 aws elbv2 deregister-targets --target-group-arn "$TARGET_GROUP_ARN" --targets "Id=$INSTANCE_ID" || return 1
  log "vLLM has ended: out of rotation"
}

# A target that is there already stays as it is; one that drains is taken back.
join_rotation() {
  local state
  state=$(target_state) || return 1
  case $state in
    unused | None | draining)
      timeout 30 aws elbv2 register-targets --target-group-arn "$TARGET_GROUP_ARN" --targets "Id=$INSTANCE_ID" ||
        return 1
      log "back in rotation"
      ;;
  esac
  rm -f "$OUT_OF_ROTATION"
}
