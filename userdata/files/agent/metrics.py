"""What vLLM's ``/metrics`` say about its work.

Of vLLM 0.32.0 (v1/metrics/loggers.py): all of these come from the engine's own reports, so none of them moves while the
engine is stuck. During a long chunked prefill the engine returns no output, and only ``kv_cache_usage_perc`` moves,
once a chunk; counters of tokens move when the first token is there.
"""

from __future__ import annotations

from dataclasses import dataclass

WAITING_OR_RUNNING = ("vllm:num_requests_running", "vllm:num_requests_waiting")
PROGRESS = (
    *WAITING_OR_RUNNING,
    "vllm:kv_cache_usage_perc",
    "vllm:prompt_tokens_total",
    "vllm:generation_tokens_total",
    "vllm:request_success_total",
    "vllm:num_preemptions_total",
    "vllm:prefix_cache_queries_total",
)


@dataclass(frozen=True, kw_only=True)
class Load:
    """``requests``: running and waiting, in all engines. ``signature`` differs from the one before when work was done
    in between; empty where the server has none of the series."""

    requests: int
    signature: tuple[str, ...]


def load_of(text: str) -> Load:
    """The load in Prometheus' text format."""
    samples = [line for line in text.splitlines() if _name(line) in PROGRESS]
    requests = sum(_value(line) for line in samples if _name(line) in WAITING_OR_RUNNING)
    return Load(requests=int(requests), signature=tuple(sorted(samples)))


def _name(line: str) -> str:
    return line.split("{", 1)[0].split(" ", 1)[0]


def _value(line: str) -> float:
    try:
        return float(line.rsplit(" ", 1)[1])
    except (IndexError, ValueError):
        return 0.0
