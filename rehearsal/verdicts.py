"""What a step of a rehearsal may find, and how it says what it found instead."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rehearsal.engine.events import Run
from rehearsal.engine.stack import Held
from rehearsal.ledger import StepFailedError, last_words

SHOWN = 5  # names in a message; the engine's own lines above it have them all


def require_only_protected(*, left: Sequence[str], held: Sequence[Held]) -> None:
    """Raises StepFailedError unless AWS holds exactly those resources of the former state that the program protects.

    What it retains may stay: some of it goes with what it is in, as the scripts do with their bucket.
    """
    wanted = {resource.id for resource in held if resource.protect}
    retained = {resource.id for resource in held if resource.retained}
    surplus, lost = sorted(set(left) - wanted - retained), sorted(wanted - set(left))
    if surplus:
        raise StepFailedError(f"left behind without protection: {', '.join(surplus)}")
    if lost:
        raise StepFailedError(f"protected, but gone: {', '.join(lost)}")


def require_same(*, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raises StepFailedError unless every given thing is described as before."""
    other = [id_ for id_, description in before.items() if description is None or after.get(id_) != description]
    if other:
        raise StepFailedError(f"not the stack's, but changed or gone: {', '.join(other)}")


def require_untouched(run: Run) -> None:
    if run.touched:
        some = ", ".join(f"{step.op} {step.name} ({', '.join(step.changed)})" for step in run.touched[:SHOWN])
        raise StepFailedError(f"{len(run.touched)} resources are not as they should be: {some}")


def counted(run: Run, *, past: bool) -> str:
    words = [f"{count} {op.rstrip('e')}ed" if past else f"{count} to {op}" for op, count in run.counts.items()]
    return ", ".join(words) or "nothing to do"


def touched(run: Run) -> str:
    """The first few of what a run changed."""
    some = [f"{step.op} {step.type.rpartition(':')[2]} {step.name}" for step in run.touched[:SHOWN]]
    return ", ".join(some) or "nothing to change"


def refused_with(act: Callable[[], object], kind: type[Exception], *, about: str) -> str:
    """The words of the refusal. Raises StepFailedError when ``act`` is not refused, or for something else."""
    try:
        act()
    except kind as error:
        if about not in str(error):
            raise StepFailedError(f"refused, but not because of {about}: {last_words(error)}") from error
        return last_words(error)
    raise StepFailedError(f"not refused: {about}")


def without_deletion_protection(config: dict[str, Any]) -> None:
    """Alters the ``config`` mapping of a stack file, in which a section may be JSON text."""
    section = config["vllm:endpoint"]
    section = json.loads(section) if isinstance(section, str) else section
    config["vllm:endpoint"] = {**section, "deletionProtection": False}


def text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
