"""The findings, for people and for scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ops.doctor.model import Finding

MARKS = {"ok": "ok", "warning": "WARNING", "error": "ERROR", "skipped": "-"}
WIDTH = max(map(len, MARKS.values()))


def is_ready(findings: Sequence[Finding]) -> bool:
    return all(finding.level != "error" for finding in findings)


def document(stack: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """What ``--json`` prints."""
    return {
        "stack": stack,
        "ready": is_ready(findings),
        "findings": [finding.as_dict() for finding in findings],
    }


def text(stack: str, findings: Sequence[Finding]) -> str:
    """A line per finding, its remedy below it, and a line that sums up."""
    name = max((len(finding.id) for finding in findings), default=0)
    lines = [line for finding in findings for line in _lines(finding, name=name)]
    return "\n".join([*lines, _summary(stack, findings)])


def _lines(finding: Finding, *, name: int) -> list[str]:
    head = f"{MARKS[finding.level]:<{WIDTH}}  {finding.id:<{name}}  {finding.seen}"
    indent = " " * (WIDTH + name + 4)
    return [head, f"{indent}fix: {finding.fix}"] if finding.fix else [head]


def _summary(stack: str, findings: Sequence[Finding]) -> str:
    count = Counter(finding.level for finding in findings)
    parts = [_times(count["error"], "error"), _times(count["warning"], "warning"), f"{count['ok']} ok"]
    parts += [f"{count['skipped']} not looked at"] if count["skipped"] else []
    return f"{stack}: {', '.join(parts)}"


def _times(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
