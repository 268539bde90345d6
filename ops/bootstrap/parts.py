"""What ``ops bootstrap`` finds and does: parts, each with the steps that make it as wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Step:
    """``says``: what it changes, after "would change:"."""

    says: str
    do: Callable[[], Any]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing in AWS. Without steps it is as wanted; ``new``: it is not there yet."""

    title: str
    new: bool
    steps: Sequence[Step]

    @property
    def state(self) -> str:
        if not self.steps:
            return "as wanted"
        return "missing" if self.new else "different"

    def mend(self) -> None:
        for step in self.steps:
            step.do()

    def line(self, *, done: bool) -> str:
        if not self.steps:
            return f"{self.title}: is as wanted"
        if self.new:
            return f"{self.title}: {'created' if done else 'would be created'}"
        changes = "; ".join(step.says for step in self.steps)
        return f"{self.title}: {'changed' if done else 'would change'}: {changes}"

    def as_dict(self, *, done: bool) -> dict[str, Any]:
        return {"what": self.title, "was": self.state, "changes": [step.says for step in self.steps], "done": done}
