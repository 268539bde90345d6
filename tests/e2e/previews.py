"""Previews of changes to a deployed stack; the stack file is as before after each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pulumi.automation.errors import CommandError

from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.events import Run, Step
from rehearsal.engine.stack import EngineStack, Held
from tests.e2e.change import TAGGED, Change, Touch
from tests.e2e.revision import revised

READING = ("Describe", "Get", "List", "Head", "GET ", "HEAD ")
USER_TAG = "environment"  # of Pulumi.prod.yaml
REPLACING = frozenset({"replace", "create-replacement", "delete-replaced"})

Touched = Mapping[tuple[str, str], tuple[str, ...]]
"""Operation and resource -> the properties that change; none where the operation says all."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """``refusal``: what the engine says when it refuses. ``writing``: calls to AWS that were no mere reading."""

    steps: tuple[Step, ...]
    refusal: str
    writing: tuple[str, ...]
    seconds: float

    @property
    def touched(self) -> Touched:
        """A replacement is one operation here, though the engine makes three steps of it."""
        return {
            ("replace" if step.op in REPLACING else step.op, what(step.type, step.name)): _properties(step)
            for step in self.steps
        }


def preview_all(changes: Iterable[Change], *, engine: EngineStack, aws: EmulatedAws) -> Mapping[str, Preview]:
    """By the change's name."""
    return {change.name: preview(change, engine=engine, aws=aws) for change in changes}


def preview(change: Change, *, engine: EngineStack, aws: EmulatedAws) -> Preview:
    """What the engine would do; stack file and name are as before afterwards."""
    name, before = engine.name, engine.stack_file.read_bytes()
    outputs, calls = engine.outputs(), len(aws.calls)
    if change.stack:
        engine.rename(change.stack)
    engine.edit_config(lambda config: change.apply(config, outputs=outputs))
    steps: tuple[Step, ...] = ()
    refusal, seconds = "", 0.0
    try:
        run = _run(change, engine=engine)
        steps, seconds = run.touched, run.seconds
    except CommandError as error:
        refusal = " ".join(str(error).split())
    if change.stack:
        engine.rename(name)
    engine.stack_file.write_bytes(before)
    writing = tuple(
        f"{call.service} {call.action}" for call in aws.calls[calls:] if not call.action.startswith(READING)
    )
    return Preview(steps=steps, refusal=refusal, writing=writing, seconds=seconds)


def _run(change: Change, *, engine: EngineStack) -> Run:
    if not change.program:
        return engine.preview()
    with revised(change.program) as program:
        return engine.preview(program=program)


def expected(change: Change, *, state: Iterable[Held]) -> Touched:
    """What the row says, with its patterns filled in from what the stack holds; the more particular line wins."""
    held = {what(item.type, item.urn.rpartition("::")[2]): item for item in state}
    found: dict[str, Touch] = {}
    for touch in sorted(change.touched, key=lambda touch: (touch.what != TAGGED, "*" not in touch.what)):
        if touch.what == TAGGED:
            names = [name for name, item in held.items() if USER_TAG in _tag_keys(item)]
        elif "*" in touch.what:
            names = [name for name in held if fnmatchcase(name, touch.what)]
        else:
            names = [touch.what]
        assert names, f"no resource is {touch.what}"
        found |= dict.fromkeys(names, touch)
    return {(touch.op, name): tuple(sorted(touch.properties)) for name, touch in found.items()}


def what(type_: str, name: str) -> str:
    """A resource as the table calls it."""
    return f"{type_.rpartition(':')[2]} {name}"


def _properties(step: Step) -> tuple[str, ...]:
    if step.op != "update":
        return ()
    return tuple(sorted({path.partition(".")[0].partition("[")[0] for path in step.changed}))


def _tag_keys(item: Held) -> set[str]:
    tags = item.outputs.get("tags") or {}
    return {tag["key"] for tag in tags} if isinstance(tags, list) else set(tags)
