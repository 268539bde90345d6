"""The network that the stack's containers share and nobody else is on."""

from __future__ import annotations

import pulumi
import pulumi_docker as docker

from machine.names import Names


class Network(pulumi.ComponentResource):
    """One bridge: its containers reach the internet, for the model, and each other by name."""

    name: pulumi.Output[str]

    def __init__(self, name: str, names: Names, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:LocalNetwork", name, None, opts)
        network = docker.Network(
            name,
            name=names.network,
            labels=[docker.NetworkLabelArgs(label=label, value=value) for label, value in names.labels.items()],
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.name = network.name
        self.register_outputs({"name": self.name})
