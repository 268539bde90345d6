"""What a check says: a Finding, with a remedy wherever something is to be done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from config.errors import Problem
from config.secret_shapes import hide
from ops.errors import OpsError

Level = Literal["ok", "warning", "error", "skipped"]
"""``warning``: it works, but not for long or not for all; ``skipped``: not looked at, and ``seen`` says why."""
NEEDS_FIX: frozenset[Level] = frozenset({"warning", "error"})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """``id``: of the check, filled in when it has run. ``fix``: a command where there is one, else what to do."""

    level: Level
    seen: str
    fix: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if self.level in NEEDS_FIX and not self.fix:
            raise ValueError(f"a {self.level} without a remedy helps nobody: {self.seen}")
        for name in ("seen", "fix"):
            object.__setattr__(self, name, hide(getattr(self, name)))

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def ok(seen: str) -> Finding:
    return Finding(level="ok", seen=seen)


def warning(seen: str, *, fix: str) -> Finding:
    return Finding(level="warning", seen=seen, fix=fix)


def error(seen: str, *, fix: str) -> Finding:
    return Finding(level="error", seen=seen, fix=fix)


def skipped(why: str, *, fix: str = "") -> Finding:
    return Finding(level="skipped", seen=why, fix=fix)


def errors_of(problems: Iterable[Problem]) -> list[Finding]:
    """One for each, as other verbs would have reported it."""
    return [_from_problem(problem) for problem in problems]


def not_seen(failure: OpsError) -> Finding:
    """For a check that could not look. What one may not read is not known; whatever else came may be the fault."""
    problem = failure.problem
    if problem.path == "AWS permissions":
        return warning(
            f"not known: {problem.message} ({problem.given})",
            fix="run this as a role that may read it: docs/doctor.md lists the calls",
        )
    return _from_problem(problem)


def _from_problem(problem: Problem) -> Finding:
    message, _, advice = problem.message.rpartition(": ")
    given = f" ({problem.given})" if problem.given else ""
    if problem.path == "AWS":
        return error(f"{problem.message}{given}", fix="check the network and the proxy, then run it again")
    fix = problem.example or advice or problem.allowed or problem.message
    # The advice of a message without an example is its last part: said once.
    said = message if message and not problem.example else problem.message
    where = "" if said.startswith(problem.path) else f"{problem.path}: "
    return error(f"{where}{said}{given}", fix=fix)
