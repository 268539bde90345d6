#!/usr/bin/env bash
# API keys and the HuggingFace token go from Secrets Manager to tmpfs; a secret that is still empty is waited for.
# No value passes through an argument, an environment or a disk.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"

# get_secret ARN: the value on standard output; status 3 while the secret has no value.
get_secret() {
  local error=$RUN_DIR/secret.error
  aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text 2>"$error" && return 0
  ! grep -q ResourceNotFoundException "$error" || return 3
  # A role that was made seconds ago may still be refused: worth some retries, and the reason if they fail.
  cp "$error" "$REASON_FILE"
  return 1
}

# store ARN WRITER: WRITER takes the value from standard input; status 3 as above.
store() {
  local value
  value=$(get_secret "$1") || return
  printf '%s' "$value" | "$2" # a here-string of this size could go through a file
}

write_keys() { python3 "$SCRIPTS_DIR/write_keys.py" "$SECRETS_DIR/config.yaml" 2>"$REASON_FILE"; }

write_token() {
  local token
  read -r token || [[ -n $token ]] || return 3
  (umask 0377 && printf '%s' "$token" >"$SECRETS_DIR/hf_token")
}

# wait_for ARN WRITER WHAT REMEDY
wait_for() {
  local status errors=0
  while true; do
    status=0
    store "$1" "$2" || status=$?
    case $status in
      0) return 0 ;;
      3) waiting "$3 not set: $4" ;;
      *) ((++errors < 6)) || fail "$3 could not be read: $(tail -n 1 "$REASON_FILE")" ;;
    esac
    if expired; then fail "$3 still not set at the boot deadline: $4"; fi
    sleep 5
  done
}

[[ $(stat --file-system --format %T "$RUN_DIR") == tmpfs ]] || fail "$RUN_DIR is not on tmpfs: secrets would reach a disk"
install -d -m 0700 "$SECRETS_DIR"
rm -f "$SECRETS_DIR/hf_token"
wait_for "$API_KEYS_SECRET_ARN" write_keys "the API key" "python -m ops keys add NAME --stack $STACK"
if [[ $HF_TOKEN_REQUIRED == true ]]; then
  wait_for "$HF_TOKEN_SECRET_ARN" write_token "the HuggingFace token" "python -m ops secrets set hf-token --stack $STACK"
else
  store "$HF_TOKEN_SECRET_ARN" write_token || log "no HuggingFace token; this model does not need one"
fi
