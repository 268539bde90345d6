#!/usr/bin/env bash
# Builds the Pulumi CLI that tools/go.mod pins into ${XDG_CACHE_HOME:-~/.cache}/vllm-pulumi/bin, for machines
# that have none. Does nothing when `pulumi` is on PATH or the cached one was built from this go.mod.
# About 5 minutes and 3 GB of Go build cache the first time.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/vllm-pulumi"
binary="$cache/bin/pulumi"
stamp="$cache/bin/pulumi.go.mod.sha256"
wanted="$(cat "$here/go.mod" "$here/go.sum" | sha256sum | cut -d ' ' -f 1)"

if found="$(command -v pulumi)" && [[ "$found" != "$binary" ]]; then
  printf 'pulumi: %s (%s), nothing to build\n' "$("$found" version)" "$found"
  exit 0
fi
if [[ -x "$binary" && -f "$stamp" && "$(<"$stamp")" == "$wanted" ]]; then
  printf 'pulumi: %s (%s), built from this go.mod\n' "$("$binary" version)" "$binary"
  exit 0
fi
if ! command -v go >/dev/null; then
  # Not an error: rehearsals and tests then say what they leave out, and CI refuses to leave out anything.
  printf 'pulumi: not found, and no Go to build it with (https://www.pulumi.com/docs/install/ or https://go.dev/dl/)\n' >&2
  exit 0
fi

package=github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
version="$(sed -n 's|^require github.com/pulumi/pulumi/pkg/v3 ||p' "$here/go.mod")"
printf 'pulumi: building %s (about 5 minutes the first time)\n' "$version"
mkdir -p "$cache/bin"
part="$(mktemp "$cache/bin/.pulumi.XXXXXX")"
trap 'rm -f "$part"' EXIT
# The version is set at link time, as upstream's release does; otherwise the SDK cannot compare it.
(cd "$here" && go build -mod=readonly -o "$part" \
  -ldflags "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$version" "$package")
chmod 755 "$part"
mv -f "$part" "$binary"
printf '%s\n' "$wanted" >"$stamp"
printf 'pulumi: %s (%s)\n' "$("$binary" version)" "$binary"
