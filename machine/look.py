"""Looks at everything on this machine that decides whether the stack can start on it."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from config.models import StackConfig
from machine.address import address
from machine.alert_routes import bad_routes
from machine.disk import disk_of, model_gib
from machine.engine import EngineView, opened
from machine.facts import Cache, Facts, NoEngine
from machine.names import Names
from machine.ports import is_watched, ports
from machine.secret_files import SecretFiles
from sizing.plan import Plan

LISTEN_ADDRESS = "127.0.0.1"


def look(
    config: StackConfig,
    plan: Plan,
    *,
    docker_host: str | None = None,
    docker_context: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Facts:
    """What is here now. ``docker_host``, ``docker_context``: the stack's ``docker:host`` and ``docker:context``."""
    secrets = SecretFiles.of(config.stack, environment)
    where = address(host=docker_host, context=docker_context, environment=environment)
    with opened(where, environment=environment) as seen:
        facts = Facts(
            engine=seen.engine() if isinstance(seen, EngineView) else seen,
            cache=_cache(config, seen),
            has_api_key=secrets.has_api_key,
            has_hf_token=secrets.has_hf_token,
            taken_ports=frozenset(filter(is_taken, ports(config).values())) if where.is_local else frozenset(),
            bad_routes=bad_routes(config.stack, environment) if is_watched(config) else None,
        )
        if isinstance(seen, NoEngine):
            return facts
        return replace(facts, image_there=seen.has_image(plan.image), containers=seen.containers())


def _cache(config: StackConfig, seen: EngineView | NoEngine) -> Cache:
    model = config.model.id
    if config.cache.path is not None:
        folder = Path(config.cache.path).expanduser()
        return Cache(
            there=folder.is_dir(),
            model_gib=model_gib(folder, model=model),
            disk=disk_of(folder),
            foreign=_foreign(folder, model=model),
        )
    if isinstance(seen, EngineView):
        return seen.volume_cache(Names(config.stack).huggingface_volume, model=model)
    return Cache(there=False, model_gib=None, disk=None)


def _foreign(folder: Path, *, model: str) -> Path | None:
    """The first of the model's folders in a HuggingFace cache that this user may not write."""
    held = folder / "hub" / f"models--{model.replace('/', '--')}"
    places = (folder, folder / "hub", held, held / "refs", held / "blobs", held / "snapshots")
    return next((place for place in places if place.is_dir() and not os.access(place, os.W_OK)), None)


def is_taken(port: int) -> bool:
    """Whether something listens there. A port that this user may not open (below 1024) is the engine's to judge."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one in TIME_WAIT is free
        try:
            server.bind((LISTEN_ADDRESS, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
        except OverflowError:  # no port
            return False
    return False
