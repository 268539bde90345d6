"""What was seen on this machine before anything starts: frozen data, on which ``preflight`` judges. Sizes are GiB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Trouble = Literal["not-installed", "not-running", "no-permission", "unreachable"]


@dataclass(frozen=True, kw_only=True)
class Disk:
    """A folder and what its file system has free. Two folders with one ``device`` share the space."""

    path: Path
    free_gib: float
    device: int


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A container engine that answers.

    host: where, e.g. ``unix:///var/run/docker.sock``; is_local: its ports and mounts are those of this machine;
    root_dir: where it keeps volumes; images, volumes: the disk of each, None when it cannot be seen from here (that of
    Docker Desktop is a virtual machine); nvidia: it can give GPUs to containers; rootless: its root is its user.
    """

    host: str
    version: str
    is_local: bool
    root_dir: str
    images: Disk | None
    volumes: Disk | None
    nvidia: bool
    rootless: bool = False


@dataclass(frozen=True, kw_only=True)
class NoEngine:
    """Why no container engine answers. ``given``: what came instead; ``others``: where other engines do answer."""

    host: str
    trouble: Trouble
    given: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container that is there, running or not. ``ports``: published on the engine's machine, TCP."""

    name: str
    labels: Mapping[str, str]
    running: bool
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cache:
    """Where the model's files are or will be: the stack's volume, or the folder of ``cache.path``.

    there: it exists; model_gib: what it holds of the model, None when that cannot be seen; disk: None likewise;
    foreign: what the user may not write in that folder.
    """

    there: bool
    model_gib: float | None
    disk: Disk | None
    foreign: Path | None = None


@dataclass(frozen=True, kw_only=True)
class BadFile:
    path: Path
    trouble: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """image_there: the engine has the plan's image; taken_ports: those of the stack's on which something listens;
    bad_routes: the user's own configuration of Alertmanager, when something is wrong with it."""

    engine: Engine | NoEngine
    cache: Cache
    has_api_key: bool
    has_hf_token: bool
    taken_ports: frozenset[int] = frozenset()
    bad_routes: BadFile | None = None
    image_there: bool = False
    containers: tuple[Container, ...] = ()
