"""Tables and lengths of time, as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """One line per row under ``head``, each column as wide as its widest cell."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def length(seconds: float) -> str:
    """In the two largest units, such as ``2 h 5 min``; below a minute in seconds."""
    whole = max(0, int(seconds))
    days, hours, minutes = whole // DAY_S, whole % DAY_S // HOUR_S, whole % HOUR_S // MINUTE_S
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{whole} s"
