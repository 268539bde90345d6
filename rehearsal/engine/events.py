"""What the engine did, as plain data: one Step per resource operation, taken from its own event stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi.automation.events import EngineEvent

UNCHANGED = frozenset({"same", "read", "refresh"})


@dataclass(frozen=True, kw_only=True)
class Step:
    """One operation of the engine. ``op`` is its word ("create", "update", "replace", "same", "delete", ...);
    ``changed`` has the paths of the properties that differ, ``replacing`` the properties at whose change the resource
    is replaced."""

    op: str
    urn: str
    changed: tuple[str, ...] = ()
    replacing: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return self.urn.rpartition("::")[2]

    @property
    def type(self) -> str:
        """The type token, e.g. ``aws:ec2/vpc:Vpc``."""
        return self.urn.split("::")[2].rpartition("$")[2]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One operation on a stack, ended well. ``text`` is what people saw on the terminal."""

    kind: str
    steps: tuple[Step, ...]
    text: str
    seconds: float

    @property
    def touched(self) -> tuple[Step, ...]:
        """The steps that changed something, or on a preview would."""
        return tuple(step for step in self.steps if step.op not in UNCHANGED)

    @property
    def counts(self) -> Mapping[str, int]:
        return dict(sorted(Counter(step.op for step in self.steps).items()))


def steps_of(events: Sequence[EngineEvent]) -> tuple[Step, ...]:
    """Steps in the order in which the engine began them. A refresh begins every resource as ``refresh`` and
    names the outcome only when it ends, so there the outcome counts."""
    steps: dict[tuple[str, str], Step] = {}
    for event in events:
        begun, ended = event.resource_pre_event, event.res_outputs_event
        metadata = begun.metadata if begun else ended.metadata if ended else None
        if metadata is None or metadata.type.startswith("pulumi:"):  # the stack itself and its providers
            continue
        changed = tuple(sorted(metadata.detailed_diff or metadata.diffs or ()))
        op = str(getattr(metadata.op, "value", metadata.op))
        key = (metadata.urn, "" if op in ("refresh", "same", "update") else op)
        replacing = tuple(sorted(metadata.keys or ()))
        steps[key] = Step(op=op, urn=metadata.urn, changed=changed, replacing=replacing)
    return tuple(steps.values())
