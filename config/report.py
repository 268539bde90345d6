"""How Problems are shown: to people as text, to programs as one JSON document."""

from __future__ import annotations

import json
from collections.abc import Sequence

from config.errors import Problem


def as_text(problems: Sequence[Problem]) -> str:
    """All problems, each with what was given, what is allowed and an example, where there is one."""
    count = f"{len(problems)} problems:\n\n" if len(problems) > 1 else ""
    return count + "\n\n".join(_block(problem) for problem in problems) + "\n"


def _block(problem: Problem) -> str:
    lines = [f"{problem.path}: {problem.message}"]
    for label in ("given", "allowed", "example"):
        if text := getattr(problem, label):
            lines.append(f"    {label + ':':<9}{text}")
    return "\n".join(lines)


def as_json(problems: Sequence[Problem]) -> str:
    """``{"errors": [{"path", "given", "allowed", "example", "message"}]}``, the contract of every verb."""
    return json.dumps({"errors": [problem.as_dict() for problem in problems]}, indent=2) + "\n"
