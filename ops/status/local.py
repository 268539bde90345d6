"""Reading the status of a stack on this machine: its containers from Docker, its load from vLLM's own metrics.

vLLM's port is on the stack's network alone and the front hides ``/metrics``, so a program in its container asks.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from docker.errors import NotFound
from docker.models.containers import Container

from config.models import StackConfig
from machine.address import address
from machine.engine import EngineView
from machine.names import Names
from ops.errors import failure
from ops.local_engine import local_engine
from ops.rollout import Clock
from ops.status.load import Load
from ops.status.seen import Replica, Status
from userdata.files.publisher.exposition import Exposition, read

SPAN_S = 2.0
"""Over which tokens per second are counted: vLLM counts a token when it has made it."""
RUNNING, WAITING = "vllm:num_requests_running", "vllm:num_requests_waiting"
CACHE_USED, GENERATED = "vllm:kv_cache_usage_perc", "vllm:generation_tokens_total"
ASK = """
import json, urllib.request as web
def get(path):
    return web.urlopen("http://127.0.0.1:8000" + path, timeout=10).read().decode()
print(json.dumps({"metrics": get("/metrics"), "version": json.loads(get("/version"))["version"]}))
"""
"""Run in the container; one line of JSON, or a status other than 0 when vLLM does not answer."""

Ask = Callable[[Container], tuple[int, bytes]]
"""Exit status and output of ``ASK`` there."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What vLLM said ``at_s`` seconds of the clock."""

    at_s: float
    seen: Exposition
    version: str


def read_status(
    config: StackConfig,
    *,
    docker_host: str | None = None,
    docker_context: str | None = None,
    environment: Mapping[str, str] = os.environ,
    ask: Ask | None = None,
    clock: Clock | None = None,
) -> Status:
    """The state now. OpsError when no engine answers. ``docker_host``, ``docker_context``: of the stack file."""
    names = Names(config.stack)
    where = address(host=docker_host, context=docker_context, environment=environment)
    with local_engine(where, environment=environment) as engine:
        server, front = _container(engine, names.server), _container(engine, names.front)
        replicas = (_replica(server, ask=ask or _ask, clock=clock or Clock()),) if server is not None else ()
    return Status(
        stack=config.stack,
        endpoint=f"http://localhost:{config.endpoint.port}/v1",
        wanted=1,
        replicas=replicas,
        lines=tuple(_lines(config.stack, server=server, front=front)),
    )


def ask_server(
    config: StackConfig,
    *,
    docker_host: str | None = None,
    docker_context: str | None = None,
    environment: Mapping[str, str] = os.environ,
    ask: Ask | None = None,
) -> tuple[int, bytes]:
    """Exit status and output of ``ASK`` in the server's container. OpsError when no engine answers, or none runs."""
    names = Names(config.stack)
    where = address(host=docker_host, context=docker_context, environment=environment)
    with local_engine(where, environment=environment, trouble="the engine does not run what is asked") as engine:
        server = _container(engine, names.server)
        if server is None:
            raise failure(path="Docker", message=f"there is no container {names.server} on this machine")
        return (ask or _ask)(server)


def _lines(stack: str, *, server: Container | None, front: Container | None) -> list[str]:
    if server is None or front is None:
        return [f"it is not up: pulumi up --stack {stack}"]
    return [] if front.status == "running" else [f"{front.name} does not run: docker logs {front.name}"]


def _container(engine: EngineView, name: str) -> Container | None:
    try:
        return engine.client.containers.get(name)
    except NotFound:
        return None


def _replica(server: Container, *, ask: Ask, clock: Clock) -> Replica:
    state: Mapping[str, Any] = server.attrs.get("State", {})
    runs = state.get("Status") == "running"
    health = str((state.get("Health") or {}).get("Status", ""))
    load = measure(lambda: ask(server), clock=clock) if runs else None
    started = str(state.get("StartedAt", ""))
    return Replica(
        id=str(server.name),
        zone="this machine",
        version=load.vllm if load and load.vllm else "?",
        state=", ".join(filter(None, (str(state.get("Status", "?")), health))),
        serves=runs and health == "healthy",
        since=datetime.fromisoformat(started) if runs else None,
        load=load,
        note="" if runs else f"it ended with status {state.get('ExitCode')}: docker logs {server.name}",
    )


def _ask(server: Container) -> tuple[int, bytes]:
    done: Any = server.exec_run(["python3", "-c", ASK], stderr=False)
    return int(done.exit_code), bytes(done.output or b"")


def measure(ask: Callable[[], tuple[int, bytes]], *, clock: Clock) -> Load:
    """What vLLM does now, and how many tokens it makes meanwhile. ``ask``: exit status and output of ``ASK``."""
    first = _answer(ask, clock=clock)
    if first is None:
        return Load(at=datetime.now(UTC), up=False)
    clock.sleep(SPAN_S)
    last = _answer(ask, clock=clock)
    if last is None:
        return Load(at=datetime.now(UTC), up=False, vllm=first.version)
    running, waiting = last.seen.total(RUNNING), last.seen.total(WAITING)
    return Load(
        at=datetime.now(UTC),
        up=True,
        running=None if running is None else int(running),
        waiting=None if waiting is None else int(waiting),
        tokens_per_s=_rate(first, last),
        kv_cache_used=last.seen.largest(CACHE_USED),
        vllm=last.version,
    )


def _answer(ask: Callable[[], tuple[int, bytes]], *, clock: Clock) -> Answer | None:
    status, output = ask()
    if status != 0:
        return None
    said = json.loads(output)
    seen = read(said["metrics"], {RUNNING, WAITING, CACHE_USED, GENERATED})
    return Answer(at_s=clock.now_s(), seen=seen, version=str(said["version"]))


def _rate(first: Answer, last: Answer) -> float | None:
    """Tokens per second; None where vLLM has begun to count again meanwhile."""
    before, after = first.seen.total(GENERATED), last.seen.total(GENERATED)
    span_s = last.at_s - first.at_s
    if before is None or after is None or after < before or span_s <= 0:
        return None
    return round((after - before) / span_s, 1)
