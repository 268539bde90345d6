"""What the stack on one machine is called there: its containers, its network, its volumes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

UNSAFE = r"[^A-Za-z0-9_.-]"  # of a Docker name: https://github.com/moby/moby/blob/v28.0.0/daemon/names/names.go


@dataclass(frozen=True)
class Names:
    """``stack``: as Pulumi calls it."""

    stack: str

    @property
    def folder(self) -> str:
        """The stack's own among the folders of all stacks."""
        return re.sub(UNSAFE, "-", self.stack)

    @property
    def server(self) -> str:
        """The container that runs vLLM; also the prefix of every other name."""
        return f"vllm-{self.folder}"

    @property
    def front(self) -> str:
        """The container that listens on the port of this machine."""
        return f"{self.server}-front"

    @property
    def owner(self) -> str:
        """The container that gave the volumes to the server's user."""
        return f"{self.server}-owner"

    @property
    def prometheus(self) -> str:
        """The container that measures and judges; also its volume. The two below likewise."""
        return f"{self.server}-prometheus"

    @property
    def alertmanager(self) -> str:
        return f"{self.server}-alertmanager"

    @property
    def grafana(self) -> str:
        return f"{self.server}-grafana"

    @property
    def network(self) -> str:
        return self.server

    @property
    def huggingface_volume(self) -> str:
        """Model files."""
        return f"{self.server}-huggingface"

    @property
    def compile_volume(self) -> str:
        """What vLLM compiles for a model and a GPU."""
        return f"{self.server}-compile"

    @property
    def labels(self) -> Mapping[str, str]:
        return {"Project": "vllm", "Stack": self.stack, "ManagedBy": "pulumi"}
