"""Reading the log of a container of a stack on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from docker.errors import NotFound

from config.models import StackConfig
from config.stack_file import read_stack_file
from machine.address import address
from machine.names import Names
from ops.errors import failure
from ops.local_engine import local_engine
from ops.log_line import LogLine


def lines(
    config: StackConfig, *, unit: str, since: datetime, follow: bool, environment: Mapping[str, str] = os.environ
) -> Iterator[LogLine]:
    """In the order in which they were written; without an end when ``follow``. OpsError when no engine answers."""
    keys = {key: str(value) for key, value in read_stack_file(stack=config.stack, root=Path.cwd()).items()}
    where = address(host=keys.get("docker:host"), context=keys.get("docker:context"), environment=environment)
    name = _container(config.stack, unit)
    with local_engine(where, environment=environment) as engine:
        api: Any = engine.client.api
        if follow:
            api.timeout = None  # a server that is not asked says nothing for hours
        try:
            chunks = api.logs(name, stream=True, follow=follow, timestamps=True, since=since.timestamp())
            at = since
            for raw in _joined(chunks):
                line = line_of(raw, source=name, unit=unit, otherwise=at)
                at = line.at
                yield line
        except NotFound:
            message = f"it is not up: pulumi up --stack {config.stack}"
            raise failure(path=f"stack {config.stack}", given=f"no container {name}", message=message) from None


def _container(stack: str, unit: str) -> str:
    names = Names(stack)
    return {"vllm": names.server}.get(unit) or str(getattr(names, unit))


def _joined(chunks: Iterator[bytes]) -> Iterator[str]:
    """Lines, however the engine cuts them."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)
    if rest:
        yield rest.decode(errors="replace")


def line_of(raw: str, *, source: str, unit: str, otherwise: datetime) -> LogLine:
    """Of ``<time in RFC 3339 with nanoseconds> <text>``, as the engine prints it with timestamps.

    ``otherwise``: the time of a line that has none, as the rest of one that was too long for the engine.
    """
    stamp, _, text = raw.partition(" ")
    try:
        at = datetime.fromisoformat(f"{stamp[:19]}+00:00")
    except ValueError:
        at, text = otherwise, raw
    return LogLine(at=at, source=source, unit=unit, text=text.rstrip("\r"))
