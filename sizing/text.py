"""Rows of the pages for people."""

from __future__ import annotations

from collections.abc import Iterable

from sizing.plan import Memory

LABEL = 24
MINUTE_S = 60
WIDTH = 118  # of a line; 120 columns are common


def row(label: str, text: str) -> str:
    return f"  {label:<{LABEL}}{text}".rstrip()


def table(rows: Iterable[tuple[str, float, str]], *, digits: int) -> list[str]:
    """Label, right-aligned number, words."""
    return [row(label, f"{number:>12,.{digits}f}  {words}") for label, number, words in rows]


def memory_rows(memory: Memory) -> list[str]:
    """The terms, from what the GPU has to what is left for the cache."""
    tokens = f"{memory.kv_cache_tokens:,} tokens per replica, {memory.kv_bytes_per_token:,} bytes each"
    rows = (
        ("total", memory.total_gib, "as torch sees it"),
        ("usable", memory.usable_gib, f"x {memory.usable_gib / memory.total_gib:.4g} (--gpu-memory-utilization)"),
        ("- weights", memory.weights_gib, ""),
        ("- activation", memory.activation_gib, "the peak of vLLM's profiling run"),
        ("- overhead", memory.overhead_gib, "outside torch, and CUDA graphs"),
        ("= KV cache", memory.kv_cache_gib, tokens if memory.kv_cache_gib > 0 else "nothing is left"),
    )
    return table(rows, digits=2)


def minutes(seconds: float) -> str:
    """``8 minutes``, whole ones, and seconds below two minutes."""
    if seconds < 2 * MINUTE_S:
        return f"{seconds:.0f} seconds"
    return f"{seconds / MINUTE_S:.0f} minutes"
