"""Run a Pulumi program in process and return what it registered."""

from __future__ import annotations

import asyncio
import contextvars
import json
import runpy
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pulumi import RunError
from pulumi.runtime import run_in_stack, set_all_config, settings

from config.errors import ConfigError
from machine.not_ready import NotReadyError
from rehearsal.graph.answers import Answers, load_answers
from rehearsal.graph.model import Graph
from rehearsal.graph.monitor import RecordingEngine, RecordingMonitor
from rehearsal.graph.stack_file import EngineConfig, read_engine_config


class TracebackError(Exception):
    """The program raised a ConfigError as it is, not as the RunError that the engine shows without a traceback."""


def record_graph(*, stack: str, root: Path, program: Path | None = None) -> Graph:
    """The resource graph of ``program`` (default ``root/__main__.py``) under ``root/Pulumi.<stack>.yaml``.

    Runs as a preview, so an output that the answers do not know is unknown to the program rather than None.
    Can be called any number of times. Raises what the program raises; ConfigError for a wrong configuration.
    """
    config = read_engine_config(stack=stack, root=root)
    source = program or root / "__main__.py"
    # The SDK keeps its state in context variables: a copy keeps one run from seeing another's.
    return contextvars.copy_context().run(_record, stack=stack, config=config, program=source, root=root)


def _record(*, stack: str, config: EngineConfig, program: Path, root: Path) -> Graph:
    monitor = RecordingMonitor(project=config.project, stack=stack, answers=_answers(config))
    engine = RecordingEngine()
    settings.ROOT.set(None)
    settings.configure(
        settings.Settings(
            project=config.project,
            stack=stack,
            monitor=monitor,
            engine=engine,
            dry_run=True,
            organization="organization",
            root_directory=str(root),
        )
    )
    set_all_config(dict(config.values), list(config.secret_keys))
    try:
        _run(program)
    except ConfigError as error:
        raise TracebackError("the program let this escape, and the engine shows it as a traceback") from error
    except RunError as error:
        # The program turns a ConfigError into the one error that the engine shows without a traceback.
        if isinstance(error.__context__, ConfigError):
            raise error.__context__ from None
        if not isinstance(error.__cause__, NotReadyError):  # then what is in the way is among the messages
            raise
    return replace(monitor.graph(messages=engine.messages), stand_ins=config.stand_ins)


def _answers(config: EngineConfig) -> Answers:
    network: Any = {}
    with suppress(ValueError, RecursionError):  # a section that is no mapping is for the program to refuse
        network = json.loads(config.values.get(f"{config.project}:network", "{}"))
    return load_answers(region=config.region, network=network if isinstance(network, Mapping) else {})


def _run(program: Path) -> None:
    """Drive the SDK's event loop to the end of the program and of everything it started."""

    def main() -> None:
        runpy.run_path(str(program), run_name="__main__")

    loop = asyncio.new_event_loop()
    # The run itself raises the first error; asyncio would repeat it for every output that depends on it.
    loop.set_exception_handler(lambda _loop, _context: None)
    loop.set_default_executor(ThreadPoolExecutor(max_workers=1))
    sys.path.insert(0, str(program.parent))
    try:
        loop.run_until_complete(run_in_stack(main))
    finally:
        sys.path.remove(str(program.parent))
        for task in asyncio.all_tasks(loop):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                loop.run_until_complete(task)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
