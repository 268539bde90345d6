"""Which container engine the Pulumi provider will use, and why nothing answers there."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from docker.context import ContextAPI
from docker.errors import DockerException
from docker.utils import kwargs_from_env

from machine.facts import NoEngine, Trouble

DEFAULT_HOST = "unix:///var/run/docker.sock"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
CONNECT_TIMEOUT_S = 5


@dataclass(frozen=True, kw_only=True)
class Address:
    """``tls``: docker-py's, for an engine that is reached by TCP."""

    host: str
    tls: Any = field(default=None, repr=False)

    @property
    def is_local(self) -> bool:
        where = urlsplit(self.host)
        return where.scheme in ("unix", "npipe") or (where.hostname or "") in LOOPBACK_NAMES


def address(*, host: str | None, context: str | None, environment: Mapping[str, str]) -> Address:
    """Of the engine, in the order of the Pulumi provider; ``host`` and ``context`` are ``docker:host`` and so on.

    https://www.pulumi.com/registry/packages/docker/installation-configuration/: a context overrides a host, and each
    comes from the configuration before the environment. The current context of the Docker CLI does not count.
    """
    chosen = context or environment.get("DOCKER_CONTEXT")
    from_environment = kwargs_from_env(environment) if environment else {}
    if chosen:
        try:
            found = ContextAPI.kwargs_from_context(chosen)
        except DockerException:
            found = {}
        named = found.get("base_url", f"context {chosen}").removeprefix("http+")  # as docker-py keeps its own
        return Address(host=named, tls=found.get("tls"))
    return Address(
        host=host or from_environment.get("base_url") or DEFAULT_HOST,
        tls=from_environment.get("tls"),
    )


def no_engine(where: Address, *, said: str, environment: Mapping[str, str]) -> NoEngine:
    """Why nothing answers at ``where``; ``said``: what the client got there."""
    trouble, own_words = _trouble(where.host, environment=environment)
    return NoEngine(
        host=where.host,
        trouble=trouble,
        given=own_words or said,
        others=tuple(other for other in _elsewhere(environment) if other != where.host),
    )


def is_reachable(host: str) -> bool:
    """Whether something listens on a socket; what is no socket is left to the client."""
    return not host.startswith("unix://") or _connect_error(host) is None


def _trouble(host: str, *, environment: Mapping[str, str]) -> tuple[Trouble, str]:
    """By the socket itself, whose reasons docker-py wraps in several layers of text."""
    if not host.startswith("unix://"):
        return "unreachable", ""
    error = _connect_error(host)
    if error is None:
        return "unreachable", ""
    if error.errno in (errno.EACCES, errno.EPERM):
        return "no-permission", error.strerror or ""
    installed = any(shutil.which(name, path=environment.get("PATH")) for name in ("docker", "dockerd", "podman"))
    return "not-running" if installed else "not-installed", error.strerror or ""


def _connect_error(host: str) -> OSError | None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(CONNECT_TIMEOUT_S)
        try:
            client.connect(socket_path(host))
        except OSError as error:
            return error
    return None


def socket_path(host: str) -> str:
    return "/" + host.removeprefix("unix://").lstrip("/")


def _elsewhere(environment: Mapping[str, str]) -> Iterator[str]:
    """Engines of this user that the provider does not look for: rootless ones, and those of Docker Desktop."""
    home = Path(environment.get("HOME") or Path.home())
    runtime = Path(environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    for path in (
        runtime / "docker.sock",
        home / ".docker" / "desktop" / "docker.sock",
        home / ".docker" / "run" / "docker.sock",
        Path("/var/run/docker.sock"),
    ):
        host = f"unix://{path}"
        if _connect_error(host) is None:
            yield host
