#!/usr/bin/env bash
# API keys and the HuggingFace token; a secret that is still empty is waited for.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"
. "$SCRIPTS_DIR/secret-files.sh"

write_token() {
  local token
  read -r token || [[ -n $token ]] || return 3
  (umask 0377 && printf '%s' "$token" >"$SECRETS_DIR/hf_token")
  chown --reference "$SECRETS_DIR" "$SECRETS_DIR/hf_token"
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
# The container alone reads them, beside root. It has them read only, so that it can leave no link here.
install -d -m 0700 -o "${CONTAINER_USER%:*}" -g "${CONTAINER_USER#*:}" "$SECRETS_DIR"
rm -f "$SECRETS_DIR/hf_token"
wait_for "$API_KEYS_SECRET_ARN" write_keys "the API key" "python -m ops keys add NAME --stack $STACK"
say "keys of version $(cat "$KEYS_FETCHED")" # `ops keys` looks for it
if [[ $HF_TOKEN_REQUIRED == true ]]; then
  wait_for "$HF_TOKEN_SECRET_ARN" write_token "the HuggingFace token" "python -m ops secrets set hf-token --stack $STACK"
else
  store "$HF_TOKEN_SECRET_ARN" write_token || log "no HuggingFace token; this model does not need one"
fi
