#!/usr/bin/env bash
# The pinned image, pulled once per cache slot. What a registry may do better a little later is tried again until the
# boot deadline; docker goes on with the layers that are complete. An image in ECR is pulled as the host's role.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"
. "$SCRIPTS_DIR/registry.sh"

not_there() {
  if [[ -n $ECR_REGION ]]; then
    echo "see whether ECR has it, and with vllm:image.pullThrough whether its credential is valid"
  else
    echo "correct vllm:image.tag or vllm:image.digest"
  fi
}

# remedy ERROR: for what will not go away by itself; nothing for the rest.
remedy() {
  case $1 in
    "no login"*) ;; # a role that was made a minute ago is not known everywhere yet
    *"no space left"*) echo "raise vllm:cache.sizeGib" ;;
    *"manifest unknown"* | *"not found"* | *"name unknown"*) not_there ;;
    *"no matching manifest"*) echo "this image is not made for $(uname -m)" ;;
    *"access denied"* | *unauthorized* | *"invalid reference"*) echo "correct vllm:image.repository" ;;
  esac
}

if docker image inspect "$IMAGE" >/dev/null 2>&1; then
  log "$IMAGE is already in the store"
  exit 0
fi
log "pulling $IMAGE"
use_registry_of "$IMAGE"
error="" delay_s=5
until pull "$IMAGE"; do
  what_to_do=$(remedy "$error")
  [[ -z $what_to_do ]] || fail "docker pull $IMAGE: $error: $what_to_do"
  if expired || (($(remaining_s) <= delay_s)); then fail "docker pull $IMAGE: $error: until the boot deadline"; fi
  waiting "docker pull: $error; again in $delay_s s"
  sleep "$delay_s"
  delay_s=$((delay_s < 40 ? 2 * delay_s : 60))
done
