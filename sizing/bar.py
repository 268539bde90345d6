"""Memory as a bar that adds up: each term starts where the one above it ends."""

from __future__ import annotations

from sizing.plan import Memory

WIDTH = 56
MARKS = {"weights": "#", "activation": "%", "overhead": "=", "KV cache": "o", "not used": "."}


def terms(memory: Memory) -> tuple[tuple[str, float], ...]:
    """Name and GiB; they add up to the total unless the model does not fit, where there is no cache to show."""
    return (
        ("weights", memory.weights_gib),
        ("activation", memory.activation_gib),
        ("overhead", memory.overhead_gib),
        ("KV cache", memory.kv_cache_gib),
        ("not used", memory.total_gib - memory.usable_gib),
    )


def bar(memory: Memory, *, words: dict[str, str]) -> list[str]:
    """One line for each term: GiB, its place among the whole, and what it is."""
    lines, ended = [], 0.0
    for name, gib in terms(memory):
        begins, ended = min(_column(ended, memory), WIDTH - 1), ended + gib
        ends = max(_column(ended, memory), begins + 1)
        drawn = (" " * begins + MARKS[name] * (ends - begins))[:WIDTH]
        lines.append(f"  {name:<12}{gib:>8.2f}  |{drawn:<{WIDTH}}|  {words.get(name, '')}".rstrip())
    lines.append(f"  {'total':<12}{ended:>8.2f}  as torch sees it")
    return lines


def _column(gib: float, memory: Memory) -> int:
    return min(max(round(gib / memory.total_gib * WIDTH), 0), WIDTH)
