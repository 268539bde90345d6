"""Containers and programs of others that have the names or the ports of the stack. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from config.errors import Problem
from config.models import StackConfig
from machine.facts import Container, Facts
from machine.names import Names
from machine.ports import LAST, ports


def name_problems(config: StackConfig, containers: Sequence[Container]) -> Iterator[Problem]:
    """Docker refuses a second container of a name, half way through the update."""
    names = Names(config.stack)
    wanted = (names.server, names.owner, *ports(config))
    for container in containers:
        if container.name in wanted and not _belongs(config, container):
            yield Problem(
                path="Docker",
                given=f"container {container.name}, not of this stack",
                allowed=f"no container {container.name} that this stack has not made",
                example=f"docker rename {container.name} {container.name}-old",
                message="the stack needs this name for its own container: rename the other one or remove it",
            )


def port_problems(config: StackConfig, facts: Facts) -> Iterator[Problem]:
    """One for each port on which something else listens."""
    wanted = ports(config)
    if max(wanted.values()) > LAST:
        yield _too_high(config, last=LAST - len(wanted) + 1)
    for name, port in wanted.items():
        if port in facts.taken_ports and not _is_own(config, facts.containers, name=name, port=port):
            yield _taken(config, facts.containers, name=name, port=port)


def _too_high(config: StackConfig, *, last: int) -> Problem:
    return Problem(
        path="vllm:endpoint.port",
        given=str(config.endpoint.port),
        allowed=f"1 to {last}",
        example="vllm:endpoint: {port: 8000}",
        message="Grafana, Prometheus and Alertmanager get the three ports after it: choose a lower one, or leave "
        "monitoring.prometheus out",
    )


def _taken(config: StackConfig, containers: Sequence[Container], *, name: str, port: int) -> Problem:
    first, count = config.endpoint.port, len(ports(config))
    free = port + 1 if port + count <= LAST else 8000
    by = [each.name for each in containers if each.running and port in each.ports]
    of = "" if port == first else f" (of {name}, for monitoring.prometheus: the ports of a stack follow endpoint.port)"
    return Problem(
        path="vllm:endpoint.port",
        given=f"{port}, in use by container {by[0]}" if by else f"{port}, in use",
        allowed="a port of this machine that nothing listens on"
        if count == 1
        else f"{count} ports of this machine in a row that nothing listens on",
        example=f"vllm:endpoint: {{port: {free}}}",
        message=f"another program listens on port {port}{of}: stop it, or choose another port"
        + (f" (docker stop {by[0]})" if by else f" (ss -ltnp 'sport = :{port}' says which it is)"),
    )


def _is_own(config: StackConfig, containers: Sequence[Container], *, name: str, port: int) -> bool:
    """Whether it is this stack's own container of that name that listens there."""
    return any(
        each.running and each.name == name and _belongs(config, each) and port in each.ports for each in containers
    )


def _belongs(config: StackConfig, container: Container) -> bool:
    return all(container.labels.get(name) == value for name, value in Names(config.stack).labels.items())
