"""What clients on this machine talk to: nginx, with the paths and timeouts that the load balancer has on AWS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.local import nginx
from components.local.container import common
from components.local.image import pulled_image
from components.local.server import ALIAS
from components.local.server import PORT as VLLM_PORT
from machine.look import LISTEN_ADDRESS
from machine.names import Names
from sizing.plan import Plan

IMAGE = "nginx:1.28.0-alpine"
DOCKER_DNS = "127.0.0.11"  # of every network that is not the default one


@dataclass(frozen=True, kw_only=True)
class FrontArgs:
    """``network``: the name of the one that vLLM is on. ``port``: of this machine. ``after``: what is there before it
    listens."""

    plan: Plan
    names: Names
    network: pulumi.Input[str]
    port: int
    after: Sequence[pulumi.Resource]


class Front(pulumi.ComponentResource):
    """Listens on the loopback address alone. vLLM itself checks the API key, as it does on AWS."""

    container_name: pulumi.Output[str]
    endpoint: str

    def __init__(self, name: str, args: FrontArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:LocalFront", name, None, opts)
        conf = nginx.nginx_conf(
            upstream=f"{ALIAS}:{VLLM_PORT}", resolver=DOCKER_DNS, timers=args.plan.timers, port=nginx.PORT
        )
        container = docker.Container(
            name,
            name=args.names.front,
            image=pulled_image(name, reference=IMAGE, parent=self),
            entrypoints=["nginx", "-g", "daemon off;"],
            uploads=[docker.ContainerUploadArgs(file=nginx.CONF_FILE, content=conf)],
            networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=args.network)],
            ports=[
                docker.ContainerPortArgs(internal=nginx.PORT, external=args.port, ip=LISTEN_ADDRESS, protocol="tcp")
            ],
            **common(args.names),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(args.after),
                delete_before_replace=True,  # one name, one port
            ),
        )
        self.container_name = container.name
        self.endpoint = f"http://localhost:{args.port}/v1"
        self.register_outputs({"container_name": self.container_name, "endpoint": self.endpoint})
