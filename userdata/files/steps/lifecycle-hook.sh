#!/usr/bin/env bash
# Tells the group that this instance serves. After a reboot no hook waits, and the instance is in service already.
set -Eeuo pipefail
. "$SCRIPTS_DIR/lib.sh"
. "$SCRIPTS_DIR/aws.sh"

while true; do
  retry 5 3 load_lifecycle || fail "describe-auto-scaling-instances does not answer"
  [[ $LIFECYCLE_STATE == Pending ]] || break
  ! expired || fail "the instance stays in state Pending"
  waiting "the group has not reached its launching hook"
  sleep 2
done
if [[ $LIFECYCLE_STATE == Pending:Wait ]]; then
  complete_hook "$LAUNCHING_HOOK" CONTINUE
else
  log "no launching hook waits in state $LIFECYCLE_STATE"
fi
