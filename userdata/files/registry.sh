# shellcheck shell=bash
# Pulling an image of ECR as the host's role. Sourced after lib.sh.

ECR='^[0-9]{12}\.dkr\.ecr(-fips)?\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$'

# use_registry_of IMAGE: sets REGISTRY, and ECR_REGION, which is empty for an image that is not in ECR.
use_registry_of() {
  REGISTRY=${1%%/*} ECR_REGION=""
  [[ $REGISTRY =~ $ECR ]] || return 0
  ECR_REGION=${BASH_REMATCH[2]}
  # The password is good for 12 hours and all that the role may pull: on tmpfs, and gone with the caller. Elsewhere the
  # machine image's own logins act.
  LOGIN_DIR=$(mktemp -d "$RUN_DIR/docker.XXXXXX")
  trap 'rm -rf "$LOGIN_DIR"' EXIT
  export DOCKER_CONFIG=$LOGIN_DIR
}

# Sets error when ECR does not let the host in.
log_in() {
  local password
  [[ -n $ECR_REGION ]] || return 0
  password=$LOGIN_DIR/password
  # Not in a pipe, where docker, which got no password, would have the last word on what the first command refused.
  error=$(within_deadline aws ecr get-login-password --region "$ECR_REGION" 2>&1 >"$password") &&
    error=$(within_deadline docker login --username AWS --password-stdin "$REGISTRY" 2>&1 >/dev/null <"$password") &&
    return 0
  error="no login to $REGISTRY: $(tail -n 1 <<<"$error")"
  return 1
}

# pull IMAGE: sets error to the words of the registry or of the engine.
pull() {
  log_in || return 1
  error=$(within_deadline docker pull --quiet "$1" 2>&1 >/dev/null) && return 0
  error=$(tail -n 1 <<<"$error")
  return 1
}
