"""Where the model's files and what vLLM compiles are kept, so that the next start needs neither a download nor a
compilation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker as docker

from machine.names import Names

HF_HOME = "/cache/huggingface"
CACHE_ROOT = "/cache/vllm"
"""In the container, as on a host of AWS: root's own folder is closed to whom the container runs as."""


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    """``path``: a HuggingFace cache that is there, in place of a volume; from / or ~. ``protect``: volumes outlive the
    stack, and the next stack of this name takes them over."""

    path: str | None
    protect: bool
    names: Names


class Cache(pulumi.ComponentResource):
    """``mounts``: what the container gets. ``made``: those of them that are volumes. ``huggingface``: the name of the
    volume, or the folder."""

    mounts: list[docker.ContainerVolumeArgs]
    made: list[docker.ContainerVolumeArgs]
    huggingface: pulumi.Output[str]

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:LocalCache", name, None, opts)
        self._args = args
        if args.path is None:
            self.huggingface = self._volume("vllm-huggingface", args.names.huggingface_volume)
            models = docker.ContainerVolumeArgs(container_path=HF_HOME, volume_name=self.huggingface)
        else:
            folder = str(Path(args.path).expanduser())
            self.huggingface = pulumi.Output.from_input(folder)
            models = docker.ContainerVolumeArgs(container_path=HF_HOME, host_path=folder)
        volume = self._volume("vllm-compile", args.names.compile_volume)
        compiled = docker.ContainerVolumeArgs(container_path=CACHE_ROOT, volume_name=volume)
        self.mounts = [models, compiled]
        self.made = self.mounts if args.path is None else [compiled]
        self.register_outputs({"huggingface": self.huggingface})

    def _volume(self, name: str, volume_name: str) -> pulumi.Output[str]:
        volume = docker.Volume(
            name,
            name=volume_name,
            labels=[
                docker.VolumeLabelArgs(label=label, value=value) for label, value in self._args.names.labels.items()
            ],
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=self._args.protect),
        )
        return volume.name
