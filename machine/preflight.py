"""What would keep the stack from starting on this machine, each with its remedy. Pure: judges facts alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from config.errors import Problem
from config.models import StackConfig
from machine.disk_needs import disk_problems
from machine.facts import Engine, Facts, NoEngine
from machine.in_the_way import name_problems, port_problems
from sizing.plan import Plan

CONTAINER_TOOLKIT = (
    "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html, then "
    "sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker"
)
HUB_TOKEN_FILE = "~/.cache/huggingface/token"  # noqa: S105 - where the hub's own client keeps one


def problems(config: StackConfig, plan: Plan, facts: Facts) -> tuple[Problem, ...]:
    """Everything that is in the way, in the order in which a person would see to it; empty when it can start."""
    return (*_of_engine(config, plan, facts), *_of_files(config, plan, facts))


def _of_engine(config: StackConfig, plan: Plan, facts: Facts) -> Iterator[Problem]:
    engine = facts.engine
    if isinstance(engine, NoEngine):
        yield no_engine_problem(engine)
    elif not engine.is_local:
        yield _remote(engine)
        return
    else:
        if plan.local is not None and plan.local.gpus is not None and not engine.nvidia:
            yield _no_gpu_support(engine)
        yield from name_problems(config, facts.containers)
        yield from disk_problems(config, plan, engine, facts)
    yield from port_problems(config, facts)


def _of_files(config: StackConfig, plan: Plan, facts: Facts) -> Iterator[Problem]:
    stack = config.stack
    if config.cache.path is not None and not facts.cache.there:
        yield Problem(
            path="vllm:cache.path",
            given=str(config.cache.path),
            allowed="a folder that is there",
            example=f"mkdir -p {config.cache.path}",
            message="this folder is not there: make it, or leave the key out for a volume of the stack's own",
        )
    if facts.cache.foreign is not None and not config.image.run_as_root:
        yield Problem(
            path="vllm:cache.path",
            given=f"{facts.cache.foreign}, of another user",
            allowed="a cache that you may write: vLLM runs as you",
            example=f'sudo chown -R "$USER" {config.cache.path}',
            message="a container that ran as root has left files there, on which a download would fail",
        )
    if facts.bad_routes is not None:
        yield Problem(
            path=str(facts.bad_routes.path),
            given=facts.bad_routes.trouble,
            allowed="a configuration of Alertmanager, or no such file",
            example="https://prometheus.io/docs/alerting/latest/configuration/",
            message="Alertmanager takes this file of yours in place of its own and would not start with it",
        )
    if not facts.has_api_key:
        yield Problem(
            path="API keys",
            given="none",
            allowed="at least one: without a key vLLM lets everybody in",
            example=f"python -m ops keys add me --stack {stack}",
            message="there is no API key for this stack yet, and the server does not start without one: add one",
        )
    if plan.gated and not facts.has_hf_token:
        yield Problem(
            path="HuggingFace token",
            given="none",
            allowed=f"a token of an account that may read {plan.model}",
            example=f"python -m ops secrets set hf-token --stack {stack} < {HUB_TOKEN_FILE}",
            message=f"{plan.model} downloads only with a token: accept its terms at https://huggingface.co/{plan.model}"
            f" and store one with python -m ops secrets set hf-token --stack {stack}",
        )


def no_engine_problem(found: NoEngine) -> Problem:
    """Why nothing answers, and what helps."""
    if found.others:
        first = found.others[0]
        return Problem(
            path="docker:host",
            given=f"{found.host}: {found.given}",
            allowed="the address of a Docker engine that answers",
            example=f"pulumi config set docker:host {first}",
            message=f"no Docker engine answers there, but one does at {', '.join(found.others)}: name it "
            f"(or export DOCKER_HOST={first})",
        )
    said = {
        "not-installed": _Words(
            message="there is no Docker on this machine: install Docker Engine (or Docker Desktop) and start it",
            example="https://docs.docker.com/engine/install/",
        ),
        "not-running": _Words(
            message="Docker is installed but its engine does not run: start it",
            example="sudo systemctl start docker (Docker Desktop: open it)",
        ),
        "no-permission": _Words(
            message="this user may not use the Docker engine: join its group and log in again",
            example="sudo usermod -aG docker $USER && newgrp docker",
        ),
        "unreachable": _Words(
            message="no Docker engine answers at the address that DOCKER_HOST, DOCKER_CONTEXT or docker:host names",
            example="unset DOCKER_HOST, or pulumi config rm docker:host, to use the engine of this machine",
        ),
    }[found.trouble]
    return Problem(
        path="Docker",
        given=f"{found.host}: {found.given}",
        allowed="a Docker engine that answers",
        example=said.example,
        message=said.message,
    )


@dataclass(frozen=True, kw_only=True)
class _Words:
    message: str
    example: str


def _remote(engine: Engine) -> Problem:
    return Problem(
        path="docker:host",
        given=engine.host,
        allowed="the engine of this machine: unix:///... or a loopback address",
        example="unset DOCKER_HOST, or pulumi config rm docker:host",
        message="this engine is on another machine, which has neither the GPUs that were planned for nor the stack's "
        "secret files: run pulumi up there",
    )


def _no_gpu_support(engine: Engine) -> Problem:
    return Problem(
        path="Docker",
        given=f"version {engine.version} without the NVIDIA runtime",
        allowed="an engine that can give GPUs to containers (--gpus)",
        example="sudo apt-get install nvidia-container-toolkit",
        message=f"this machine has a GPU, but Docker cannot hand it to a container: install {CONTAINER_TOOLKIT}",
    )
