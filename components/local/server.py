"""The container that runs vLLM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker as docker

from components.local.cache import CACHE_ROOT, HF_HOME
from components.local.confined import confined
from components.local.container import common, duration
from machine.names import Names
from sizing.plan import Plan
from userdata.container import CONFIG_FILE, SECRETS_FOLDER, container_environment
from userdata.render import FILES

ALIAS = "vllm"
PORT = 8000
"""Where the front finds it: on the stack's network alone, it has no port of the machine."""
PROBE = (FILES / "probe.py").read_text(encoding="utf-8")
SHM_MB = 16384
"""What workers of a tensor parallel model may share: a bound, not a reservation. Docker's own are 64 MB."""
COLD_START_MARGIN = 2
RETRIES = 3
STOP_MORE_S = 60  # for the provider, beyond what the container itself may take


@dataclass(frozen=True, kw_only=True)
class ServerArgs:
    """``image``: its id. ``network``: its name. ``secrets``: the folder with keys and token, on this machine. ``user``:
    uid and gid that it runs as. ``after``: what is there before it starts."""

    plan: Plan
    names: Names
    image: pulumi.Input[str]
    network: pulumi.Input[str]
    mounts: Sequence[docker.ContainerVolumeArgs]
    secrets: Path
    user: str
    after: Sequence[pulumi.Resource] = ()


class Server(pulumi.ComponentResource):
    """vLLM with the plan's arguments; made when it has answered a request. A change of any of them replaces it."""

    container_name: pulumi.Output[str]

    def __init__(self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:LocalServer", name, None, opts)
        plan = args.plan
        assert plan.local is not None, "a plan for this machine"
        wait_s = COLD_START_MARGIN * plan.cold_start.total
        stop_s = plan.timers.stop_timeout_s
        container = docker.Container(
            name,
            name=args.names.server,
            image=args.image,
            command=[*plan.vllm_args, "--config", CONFIG_FILE],
            gpus=plan.local.gpus,
            envs=_environment(plan),
            shm_size=SHM_MB,
            volumes=[*args.mounts, _secrets(args.secrets)],
            networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=args.network, aliases=[ALIAS])],
            healthcheck=_healthcheck(plan, start_s=wait_s),
            wait=True,
            wait_timeout=wait_s,
            stop_timeout=stop_s,
            destroy_grace_seconds=stop_s,  # else the provider kills it, with the requests that it is answering
            **confined(args.user),
            **common(args.names),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(args.after),
                delete_before_replace=True,  # one name, one set of GPUs
                custom_timeouts=pulumi.CustomTimeouts(
                    create=f"{wait_s + STOP_MORE_S}s", delete=f"{stop_s + STOP_MORE_S}s"
                ),
            ),
        )
        if not pulumi.runtime.is_dry_run():
            pulumi.log.info(f"how far vLLM is: docker logs --follow {args.names.server}", resource=self)
        self.container_name = container.name
        self.register_outputs({"container_name": self.container_name})


def _environment(plan: Plan) -> list[str]:
    variables = container_environment(plan, hf_home=HF_HOME, cache_root=CACHE_ROOT)
    return [f"{name}={value}" for name, value in variables.items()]


def _secrets(folder: Path) -> docker.ContainerVolumeArgs:
    return docker.ContainerVolumeArgs(container_path=SECRETS_FOLDER, host_path=str(folder), read_only=True)


def _healthcheck(plan: Plan, *, start_s: int) -> docker.ContainerHealthcheckArgs:
    """A real completion of one token, as on AWS: ``/health`` answers 200 on a hung engine too. The script is an
    argument: Docker puts no file into a container whose root is read only."""
    return docker.ContainerHealthcheckArgs(
        tests=["CMD", "python3", "-c", PROBE, str(PORT), plan.served_name, CONFIG_FILE],
        interval=duration(plan.timers.health_interval_s),
        timeout=duration(plan.timers.stall_s),  # a busy server queues it like any other request
        start_period=duration(start_s),
        retries=RETRIES,
    )
