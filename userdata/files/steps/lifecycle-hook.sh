#!/usr/bin/env bash
# Tells the group that this instance serves. After a reboot no hook waits, and the instance is in service already.
set -Eeuo pipefail
. "$SCRIPTS_DIR/step.sh"

while true; do
  retry 5 3 load_lifecycle || fail "describe-auto-scaling-instances does not answer"
  [[ $LIFECYCLE_STATE == Pending ]] || break
  if expired; then fail "the instance stays in state Pending"; fi
  waiting "the group has not reached its launching hook"
  sleep 2
done
if [[ $LIFECYCLE_STATE == Pending:Wait ]]; then
  retry 5 3 complete_hook "$LAUNCHING_HOOK" CONTINUE || fail "the launching hook could not be completed"
else
  log "no launching hook waits in state $LIFECYCLE_STATE"
fi
