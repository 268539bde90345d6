#!/usr/bin/env bash
# drain.sh CAUSE: the one way in which this host ends. Lets requests end, gives the cache slot back and completes the
# terminating hook. The agent runs it, and again when it fails; every part is safe to repeat.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"
. "$SCRIPTS_DIR/slots.sh"

# The hook begins to wait only after the deregistration delay, the metadata announces the end before. On a spot notice
# the group may not have noticed at all.
complete_terminating() {
  local give_up_at_s=$(($(now_s) + DEREGISTRATION_DELAY_S + 300))
  while (($(now_s) < give_up_at_s)); do
    load_lifecycle
    case $LIFECYCLE_STATE in
      Terminating:Wait) complete_hook "$TERMINATING_HOOK" CONTINUE && return 0 ;;
      Terminating | InService | Pending*) ;;
      *) log "drain: no terminating hook waits in state $LIFECYCLE_STATE" && return 0 ;;
    esac
    sleep 5
  done
  log "drain: the terminating hook did not begin to wait"
}

# Bounded: the instance ends with or without its event.
tell() { timeout 15 "$SCRIPTS_DIR/tell.sh" drain "$1" "$2" "$(seconds_since "$started_cs")" || log "drain: $2"; }

started_cs=$(now_cs)
cause=$1
export DEADLINE_AT_S=$((started_cs / 100 + 3600))
mkdir -p "$RUN_DIR"
log "drain: $cause"
load_identity
# A boot in progress would mount and start again what is taken down here.
systemctl stop vllm-boot.service
systemctl stop vllm.service
stop_engine
if release_slot; then
  tell ok "$cause: vLLM stopped, the slot is free"
else
  tell warning "$cause: vLLM stopped, but the slot was not released; it becomes free with the end of the instance"
fi
complete_terminating
