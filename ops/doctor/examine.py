"""Runs the checks side by side, each as soon as what it needs is known to be there; the findings in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock

from ops.clients import aws_errors
from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, not_seen, skipped
from ops.errors import OpsError

WORKERS = 8
CREDENTIALS, PULUMI = "credentials", "pulumi"
"""The checks on whose answers others wait."""


@dataclass(frozen=True)
class Count:
    """Tells how far it is."""

    say: Callable[[str], None]
    _waiting: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, name: str) -> None:
        with self._lock:
            self._waiting.append(name)

    def end(self, name: str) -> None:
        with self._lock:
            self._waiting.remove(name)
            self.say(f"waiting for {', '.join(self._waiting)}" if self._waiting else "")


def examine(case: Case, *, checks: Sequence[Check], say: Callable[[str], None]) -> tuple[Finding, ...]:
    """What all of them found. A check that cannot look is a finding, too."""
    chosen = [check for check in checks if check.is_for(case)]
    count = Count(say=say)
    with ThreadPoolExecutor(WORKERS) as pool:

        def start(check: Check) -> Future[tuple[Finding, ...]]:
            count.begin(check.id)
            return pool.submit(_run, check, case, count)

        running = {check.id: start(check) for check in chosen if check.needs == "nothing"}
        aws = CREDENTIALS in running and not _has_error(running[CREDENTIALS].result())
        found: dict[str, tuple[Finding, ...]] = {}
        for check in chosen:
            if check.id not in running and (reason := _reason(check, case, aws=aws)):
                found[check.id] = (replace(skipped(reason), id=check.id),)
            elif check.id not in running:
                running[check.id] = start(check)
        found |= {name: future.result() for name, future in running.items()}
    return tuple(finding for check in chosen for finding in found[check.id])


def _run(check: Check, case: Case, count: Count) -> tuple[Finding, ...]:
    try:
        with aws_errors(f"check {check.id}"):
            found = tuple(check.look(case))
    except OpsError as failure:
        found = (not_seen(failure),)
    finally:
        count.end(check.id)
    return tuple(replace(finding, id=check.id) for finding in found)


def _has_error(findings: Sequence[Finding]) -> bool:
    return any(finding.level == "error" for finding in findings)


def _reason(check: Check, case: Case, *, aws: bool) -> str:
    """Why it is left out; empty when it can look."""
    if not aws:
        return f"not looked at: it needs what {CREDENTIALS} says is missing"
    if check.needs == "deployed" and not case.outputs:
        known = not isinstance(case.asked_pulumi, OpsError)
        return "nothing is deployed yet" if known else f"not looked at: it needs what {PULUMI} says is missing"
    return ""
