"""A stack on the real Pulumi engine: ``__main__.py`` run inline through the Automation API."""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation.events import EngineEvent

from rehearsal.engine.command import IsolatedCommand
from rehearsal.engine.environment import engine_environment
from rehearsal.engine.events import Run, steps_of
from rehearsal.engine.older_provider import adjust
from rehearsal.engine.own_image import own_images
from rehearsal.engine.providers import Providers
from rehearsal.engine.rig import Rig
from rehearsal.engine.workdir import edit_stack_file, plugins_folder, work_dir

OnOutput = Callable[[str], Any]
Program = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Held:
    """A resource in the stack's state. ``id`` is the provider's, empty for components. ``retained``: it stays where it
    is when it goes from the state."""

    urn: str
    type: str
    id: str
    protect: bool
    outputs: Mapping[str, Any]
    retained: bool = False


class EngineStack:
    """Operations on one stack; each blocks until the engine is done and raises CommandError when it fails.

    ``folder`` is its work directory with the stack file; ``environment`` is for commands that act on it.
    """

    def __init__(
        self,
        *,
        stack: automation.Stack,
        folder: Path,
        environment: Mapping[str, str],
        command: IsolatedCommand,
        adjusted: Callable[[Program], Program],
        on_output: OnOutput | None,
        color: bool,
    ) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self.name = stack.name
        self._stack = stack
        self._command = command
        self._adjusted = adjusted
        self._on_output = on_output
        self._color = "always" if color else "never"

    def preview(self, *, refresh: bool = False, program: Program | None = None) -> Run:
        """``refresh``: against what AWS holds, and not only what the state says of it. ``program``: of another
        revision, for this once."""
        other = {} if program is None else {"program": self._adjusted(program)}
        return self._run("preview", self._stack.preview, refresh=refresh, **other)

    def preview_document(self) -> dict[str, Any]:
        """What `pulumi preview --json` prints."""
        document: dict[str, Any] = json.loads(self._stack.preview(json=True).stdout)
        return document

    def up(self, *, show_outputs: bool = True) -> Run:
        return self._run("up", self._stack.up, suppress_outputs=not show_outputs)

    def refresh(self) -> Run:
        return self._run("refresh", self._stack.refresh, suppress_outputs=True)

    def destroy(self, *, exclude_protected: bool) -> Run:
        return self._run("destroy", self._stack.destroy, suppress_outputs=True, exclude_protected=exclude_protected)

    def preview_destroy(self, *, exclude_protected: bool) -> Run:
        """What `pulumi destroy` shows before it asks, not told here; it goes on only when this succeeds."""
        return self._run(
            "preview",
            self._stack.preview_destroy,
            suppress_outputs=True,
            exclude_protected=exclude_protected,
            on_output=None,
        )

    def outputs(self) -> dict[str, Any]:
        return {name: output.value for name, output in self._stack.outputs().items()}

    def resources(self) -> tuple[Held, ...]:
        """What the state holds now, without the stack itself and its providers."""
        deployment = self._stack.export_stack().deployment or {}
        return tuple(
            Held(
                urn=entry["urn"],
                type=entry["type"],
                id=entry.get("id", ""),
                protect=entry.get("protect", False),
                outputs=entry.get("outputs", {}),
                retained=entry.get("retainOnDelete", False),
            )
            for entry in deployment.get("resources", [])
            if not entry["type"].startswith("pulumi:")
        )

    @property
    def stack_file(self) -> Path:
        return self.folder / f"Pulumi.{self.name}.yaml"

    def edit_config(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Alters the ``config`` mapping of the stack file as a user's editor would."""
        edit_stack_file(self.stack_file, change)

    def rename(self, name: str) -> None:
        """`pulumi stack rename`: the state and the stack file get the new name, and nothing in AWS changes."""
        self._stack.rename(name)
        self.name = name

    def end(self) -> None:
        """Called from another thread: the operation that runs is ended, and none can be begun."""
        self._command.end()

    def _run(self, kind: str, operation: Callable[..., Any], **options: Any) -> Run:
        events: list[EngineEvent] = []
        begun = time.monotonic()
        told: dict[str, Any] = {"on_output": self._on_output, "color": self._color, "suppress_progress": True}
        result = operation(on_event=events.append, **(told | options))
        return Run(kind=kind, steps=steps_of(events), text=result.stdout, seconds=time.monotonic() - begun)


@contextlib.contextmanager
def open_stack(
    *,
    stack: str,
    root: Path,
    rig: Rig,
    providers: Providers,
    program: Program | None = None,
    on_output: OnOutput | None = None,
    color: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[EngineStack]:
    """A new stack from ``root/Pulumi.<stack>.yaml`` on an engine of its own; both are gone afterwards.

    program: what to run instead of ``root/__main__.py``; on_output gets the engine's own progress, line by line, as
    `pulumi up` prints it where there is no terminal. Raises FileNotFoundError without such a stack file.
    """
    with work_dir(stack=stack, root=root, plugins=plugins_folder(environ=environ)) as folder:
        environment = engine_environment(base=environ, rig=rig, providers=providers, work_dir=folder)
        edit_stack_file(folder / f"Pulumi.{stack}.yaml", lambda config: config.update(providers.settings))
        command = IsolatedCommand(pulumi=rig.pulumi, environment=environment)
        adjusted = partial(_adjusted, rig=rig, environment=environment)
        options = automation.LocalWorkspaceOptions(work_dir=str(folder), pulumi_command=command)
        created = automation.create_stack(
            stack_name=stack,
            project_name="vllm",
            program=adjusted(program or _program(root)),
            opts=options,
        )
        yield EngineStack(
            stack=created,
            folder=folder,
            environment=environment,
            command=command,
            adjusted=adjusted,
            on_output=on_output,
            color=color,
        )


def _adjusted(program: Program, *, rig: Rig, environment: Mapping[str, str]) -> Program:
    """The same program, for the providers that serve it here."""

    def main() -> None:
        if rig.terraform_provider is not None:
            adjust()
        with own_images(environment=environment):
            program()

    return main


def _program(root: Path) -> Program:
    def main() -> None:
        # The Pulumi language host does the same: the project's folder is where imports are looked up.
        sys.path.insert(0, str(root))
        try:
            runpy.run_path(str(root / "__main__.py"), run_name="__main__")
        finally:
            sys.path.remove(str(root))

    return main
