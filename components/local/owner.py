"""Docker makes volumes for root; this gives them to the user that the server runs as, once, and ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.local.confined import confined
from components.local.container import common
from machine.names import Names
from machine.user import ROOT

# The folder itself comes last, so that what was cut short is done again. A link is not followed.
GIVE = """\
for folder in "$@"; do
  if [ "$(stat -c %u:%g "$folder")" != "$OWNER" ]; then
    find -P "$folder" -xdev -mindepth 1 -exec chown -h "$OWNER" {} +
    chown -h "$OWNER" "$folder"
  fi
done"""


@dataclass(frozen=True, kw_only=True)
class OwnerArgs:
    """``image``: the server's, by its id. ``user``: uid and gid of who gets the volumes."""

    names: Names
    image: pulumi.Input[str]
    user: str
    volumes: Sequence[docker.ContainerVolumeArgs]

    @property
    def folders(self) -> tuple[str, ...]:
        return tuple(str(volume.container_path) for volume in self.volumes)


class Owner(pulumi.ComponentResource):
    """Runs when a volume is new, or another user comes."""

    def __init__(self, name: str, args: OwnerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:LocalOwner", name, None, opts)
        docker.Container(
            name,
            name=args.names.owner,
            image=args.image,
            entrypoints=["/bin/sh", "-c", GIVE, "owner"],
            command=list(args.folders),
            envs=[f"OWNER={args.user}"],
            volumes=args.volumes,
            must_run=False,
            **confined(ROOT),
            **(common(args.names) | {"restart": "no", "network_mode": "none"}),
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),  # one name
        )
        self.register_outputs({})
