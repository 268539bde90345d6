"""What other programs of the host have left in files for the publisher, and its own state."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from .settings import Settings

_PLANNED = re.compile(r'^PLANNED_CONCURRENCY="([1-9][0-9]*)"$', re.MULTILINE)


def boot_seconds(settings: Settings) -> float | None:
    """What the boot took; None until it is done."""
    try:
        return float(json.loads(settings.boot_report.read_text(encoding="utf-8"))["total_s"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def planned_concurrency(settings: Settings) -> int:
    """Of this host's own type; the boot chooses it, after this process has started."""
    try:
        chosen = _PLANNED.search(settings.type_env.read_text(encoding="utf-8"))
    except OSError:
        chosen = None
    return int(chosen[1]) if chosen else settings.planned_concurrency


def counted(settings: Settings) -> dict[str, float]:
    """What measure.sh has counted, by name."""
    try:
        files = sorted(settings.counted.iterdir())
    except OSError:
        return {}
    return {file.name: _sum_of(file) for file in files if file.name.isidentifier()}


def load_state(file: Path) -> dict[str, Any] | None:
    """Empty when there is none; None when there is one that cannot be read."""
    try:
        state = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None


def save_state(file: Path, state: dict[str, Any]) -> None:
    """Never half a file."""
    new = file.with_suffix(".new")
    try:
        new.write_text(json.dumps(state, separators=(",", ":")), encoding="utf-8")
        new.replace(file)
    except OSError as error:
        sys.stderr.write(f"vllm: publisher: {file} was not written: {error}\n")


def _sum_of(file: Path) -> float:
    total = 0.0
    try:
        for line in file.read_text(encoding="ascii", errors="replace").splitlines():
            total += int(line) if line.isdecimal() else 0
    except OSError:
        return 0.0
    return total
