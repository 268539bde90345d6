#!/usr/bin/env bash
# new-keys.sh VERSION: takes the stack's API keys as they are now and restarts vLLM with them, through its drain. The
# agent runs it when `ops keys` has named that version on this instance, and again when it fails. A server that runs is
# not touched before the new keys have been read whole. One that a person stopped stays so.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"
. "$SCRIPTS_DIR/secret-files.sh"

wanted=$1 started_cs=$(now_cs)
export DEADLINE_AT_S=$((started_cs / 100 + STOP_TIMEOUT_S + VLLM_ENGINE_READY_TIMEOUT_S + 180))
REASON_FILE=$RUN_DIR/keys-reason # the boot has its own

tell() { "$SCRIPTS_DIR/tell.sh" keys "$1" "$2" "$(seconds_since "$started_cs")"; }

give_up() {
  tell failed "$1"
  exit 1
}

fetched() { cat "$KEYS_FETCHED"; }

# A version that was made a moment ago may not be read everywhere yet. Others may have made a newer one since.
fetch() {
  local status=0
  store "$API_KEYS_SECRET_ARN" write_keys || status=$?
  if ((status == 3)); then printf 'the secret holds no key\n' >"$REASON_FILE"; fi
  return "$status"
}
is_wanted() { fetch && [[ $(fetched) == "$wanted" ]]; }

is_loaded() { [[ -e $KEYS_LOADED && $(cat "$KEYS_LOADED") == "$(fetched)" ]]; }

restart() {
  # A start by us is none of those after which systemd gives up.
  systemctl reset-failed vllm.service
  systemctl try-restart vllm.service
}

serves() { curl --fail --silent --max-time 5 --output /dev/null http://127.0.0.1:8000/health; }

rm -f "$REASON_FILE"
if ! retry 6 5 is_wanted && ! fetch; then
  give_up "vLLM runs on with its former keys: $(tail -n 1 "$REASON_FILE")"
fi
version=$(fetched)
if is_loaded; then
  tell ok "keys of version $version"
  exit 0
fi
restart || give_up "vLLM could not be restarted with keys of version $version"
until serves; do
  state=$(systemctl show vllm.service --property ActiveState --value)
  if [[ $state == inactive ]]; then
    tell ok "keys of version $version, for the next start of vLLM: it is stopped"
    exit 0
  fi
  if [[ $state == failed ]] || expired; then give_up "vLLM does not serve with keys of version $version"; fi
  sleep 2
done
tell ok "keys of version $version"
