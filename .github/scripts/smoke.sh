#!/usr/bin/env bash
# ops smoke of a deployed stack: smoke.sh STACK. An internal endpoint is reached through Session Manager.
set -euo pipefail
stack=$1
port=8000
ops() { .venv/bin/python -m ops "$@"; }

# ops tunnel refuses a public endpoint, which needs none, with status 2.
status=0
way=$(ops tunnel --stack "$stack" --port "$port" --print --json) || status=$?
if ((status == 2)); then
  ops smoke --stack "$stack"
  exit
fi
((status == 0)) || { printf '%s\n' "$way" >&2; exit "$status"; }

field() { .venv/bin/python -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <<<"$way"; }
base_url=$(field base_url)
arguments=(--stack "$stack" --base-url "$base_url")
if [[ $(field direct) == True ]]; then arguments+=(--direct); fi

set -m # in a process group of its own: the tunnel starts programs, which end with it
.venv/bin/python -m ops tunnel --stack "$stack" --port "$port" &
tunnel=$!
set +m
trap 'kill -- "-$tunnel" 2>/dev/null || true; wait "$tunnel" 2>/dev/null || true' EXIT
# Any answer will do, a 401 as well: it says that the tunnel is there.
curl --silent --output /dev/null --retry 60 --retry-delay 1 --retry-connrefused "$base_url/models"
ops smoke "${arguments[@]}"
