#!/usr/bin/env bash
# Sends this host's metrics to the stack's workspace of Amazon Managed Service for Prometheus: an agent in a container
# reads the publisher's port and signs with the keys of the instance's role. It keeps what is not sent in memory.
set -Eeuo pipefail
. "${SCRIPTS_DIR:-/opt/vllm}/lib.sh"
. "$SCRIPTS_DIR/aws.sh"
. "$SCRIPTS_DIR/registry.sh"
: "${REMOTE_WRITE_CONFIG:=/etc/vllm/remote-write.yaml}"

NAME=vllm-remote-write
TARGETS=$RUN_DIR/remote-write
export DEADLINE_AT_S=$(($(now_s) + 600))

load_identity || {
  log "$IMDS does not answer"
  exit 1
}
# In a series' label, not the address, which is the same on every host.
install -d -m 0755 "$TARGETS"
printf '[{"targets": ["127.0.0.1:%s"], "labels": {"instance": "%s"}}]\n' "$METRICS_PORT" "$INSTANCE_ID" \
  >"$TARGETS/host.json"

if ! docker image inspect "$REMOTE_WRITE_IMAGE" >/dev/null 2>&1; then
  (
    use_registry_of "$REMOTE_WRITE_IMAGE"
    pull "$REMOTE_WRITE_IMAGE" || log "docker pull $REMOTE_WRITE_IMAGE: $error"
  )
fi
# Left over when only the docker client died.
if docker container inspect "$NAME" >/dev/null 2>&1; then docker rm --force "$NAME" >/dev/null; fi

# On the host's network, as the metadata service answers nobody behind a bridge. vLLM's memory comes first.
exec docker run --rm --name "$NAME" --pull never --network host --log-driver none --stop-timeout 5 \
  --memory 512m --cpus 0.5 --oom-score-adj 500 \
  --read-only --tmpfs /prometheus:size=256m,mode=1777 --cap-drop ALL --security-opt no-new-privileges \
  --volume "$REMOTE_WRITE_CONFIG:/etc/prometheus/prometheus.yml:ro" \
  --volume "$TARGETS:/etc/prometheus/targets:ro" \
  "$REMOTE_WRITE_IMAGE" --agent --config.file=/etc/prometheus/prometheus.yml --storage.agent.path=/prometheus \
  --web.listen-address=127.0.0.1:9401
