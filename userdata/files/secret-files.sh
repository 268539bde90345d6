# shellcheck shell=bash
# From Secrets Manager to tmpfs, at the boot and when keys change. Sourced after lib.sh. No value passes through an
# argument, an environment or a disk.

# The version of the keys that lie in $SECRETS_DIR, and of those with which vLLM was started.
export KEYS_FETCHED=$RUN_DIR/keys-fetched KEYS_LOADED=$RUN_DIR/keys-loaded

# get_secret ARN: version, tab and value on standard output; status 3 while the secret has no value.
get_secret() {
  local error=$RUN_DIR/secret.error
  aws secretsmanager get-secret-value --secret-id "$1" --query '[VersionId,SecretString]' --output text 2>"$error" &&
    return 0
  ! grep -q ResourceNotFoundException "$error" || return 3
  # A role that was made seconds ago may still be refused: worth some retries, and the reason if they fail.
  cp "$error" "$REASON_FILE"
  return 1
}

# store ARN WRITER: WRITER VERSION takes the value from standard input; status 3 as above.
store() {
  local answer
  answer=$(get_secret "$1") || return
  [[ $answer == *$'\t'* ]] || return 1 # what is told as its version must be none of it
  printf '%s' "${answer#*$'\t'}" | "$2" "${answer%%$'\t'*}" # a here-string of this size could go through a file
}

# write_keys VERSION
write_keys() {
  python3 "$SCRIPTS_DIR/write_keys.py" "$SECRETS_DIR/config.yaml" 2>"$REASON_FILE" || return
  printf '%s\n' "$1" >"$KEYS_FETCHED"
}
