#!/usr/bin/env bash
# Takes a host whose vLLM has ended out of rotation, at once: its port refuses, and a load balancer that goes by what is
# outstanding sends most to what refuses at once, until its own checks have failed. The agent runs it, and brings the
# host back once vLLM has served again.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"
. "$SCRIPTS_DIR/traffic.sh"

export DEADLINE_AT_S=$(($(now_s) + 60))
leave_at_once || log "the load balancer's own check keeps requests away"
