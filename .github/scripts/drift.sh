#!/usr/bin/env bash
# drift.sh STACK FOLDER: compares AWS with the program. FOLDER/result: none, drifted or failed; FOLDER/output: what pulumi
# says. Status 0 unless it failed: drift is an answer.
set -euo pipefail
stack=$1 folder=$2
mkdir -p "$folder"
echo failed >"$folder/result"

status=0
pulumi preview --stack "$stack" --refresh --expect-no-changes --diff --non-interactive --color never \
  >"$folder/output" 2>&1 || status=$?
cat "$folder/output"
if ((status == 0)); then
  echo none >"$folder/result"
elif grep -q "no changes were expected" "$folder/output"; then
  echo drifted >"$folder/result"
else
  exit "$status"
fi
