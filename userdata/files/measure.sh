#!/usr/bin/env bash
# measure.sh NAME COUNT: so many of an event of the stack. CloudWatch is told at once, because this host may not live
# another minute; what vllm-publisher finds in the file it shows to Prometheus alone.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"

mkdir -p "$RUN_DIR/counted"
printf '%s\n' "$2" >>"$RUN_DIR/counted/$1"
aws cloudwatch put-metric-data --namespace vLLM --metric-name "$1" --value "$2" --unit Count \
  --dimensions "Stack=$STACK"
