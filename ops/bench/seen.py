"""What a benchmark measured, level by level, out of guidellm's report. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ops.columns import columns

Kind = Literal["concurrency", "rate"]
HEAD = (
    *("answered", "failed", "cut", "requests/s", "tokens/s"),
    *("first token p50", "p95", "p99", "between tokens p50", "p95", "p99", "waiting"),
)
FIRST_COLUMN: Mapping[Kind, str] = {"concurrency": "at a time", "rate": "asked/s"}
QUEUES_FROM = 0.1
"""The part of the requests in flight that waits, from which on a level counts as queueing; and at least one of them."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Seconds."""

    mean: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, kw_only=True)
class Level:
    """``target``: requests kept in flight, or sent a second. ``cut``: still running when the time was over.

    ``in_flight``: on average; ``answer_s``: from a request to its last token, on average. None where nothing was
    answered. ``between_tokens``: of each request its mean, each as often as it has tokens.
    """

    target: float
    answered: int
    failed: int
    cut: int
    seconds: float
    in_flight: float = 0.0
    requests_per_s: float = 0.0
    tokens_per_s: float = 0.0
    prompt_tokens: float = 0.0
    answer_tokens: float = 0.0
    answer_s: float | None = None
    first_token: Spread | None = None
    between_tokens: Spread | None = None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """``levels`` in the order in which they were run, the least load first."""

    kind: Kind
    levels: tuple[Level, ...]

    @property
    def failed(self) -> int:
        return sum(level.failed for level in self.levels)

    def waiting(self, level: Level) -> float | None:
        """How many of those in flight have not begun, on average: what the first token is later by than at the first
        level, as a part of the whole answer (Little's law). None where it cannot be told."""
        first = self.levels[0].first_token
        if first is None or level.first_token is None or not level.answer_s:
            return None
        return level.in_flight * max(level.first_token.mean - first.mean, 0.0) / level.answer_s

    def queues(self, level: Level) -> bool:
        waiting = self.waiting(level)
        return waiting is not None and waiting >= max(1.0, QUEUES_FROM * level.in_flight)

    def queues_from(self) -> Level | None:
        """The first level at which requests wait for others; None when all of them ran at once."""
        return next((level for level in self.levels if self.queues(level)), None)


def measured(report: Mapping[str, Any], *, kind: Kind, targets: Sequence[float]) -> Measured:
    """Of guidellm's JSON; ``targets`` in the order in which it was told to run them."""
    levels = [_level(each, target=target) for each, target in zip(report["benchmarks"], targets, strict=False)]
    return Measured(kind=kind, levels=tuple(levels))


def _level(benchmark: Mapping[str, Any], *, target: float) -> Level:
    metrics = benchmark["metrics"]
    totals = metrics["request_totals"]
    counts: dict[str, Any] = {
        "target": target,
        "answered": totals["successful"],
        "failed": totals["errored"],
        "cut": totals["incomplete"],
        "seconds": benchmark["duration"],
    }
    if not totals["successful"]:
        return Level(**counts)
    return Level(
        **counts,
        in_flight=metrics["request_concurrency"]["total"]["mean"],
        requests_per_s=_mean(metrics, "requests_per_second"),
        tokens_per_s=_mean(metrics, "output_tokens_per_second"),
        prompt_tokens=_mean(metrics, "prompt_token_count"),
        answer_tokens=_mean(metrics, "output_token_count"),
        answer_s=_mean(metrics, "request_latency"),
        first_token=_spread(metrics["time_to_first_token_ms"]["successful"]),
        between_tokens=_spread(metrics["inter_token_latency_ms"]["successful"]),
    )


def _mean(metrics: Mapping[str, Any], name: str) -> float:
    return float(metrics[name]["successful"]["mean"])


def _spread(found: Mapping[str, Any]) -> Spread:
    percentiles = found["percentiles"]
    return Spread(mean=found["mean"] / 1000, **{name: percentiles[name] / 1000 for name in ("p50", "p95", "p99")})


def table(seen: Measured) -> str:
    return columns((FIRST_COLUMN[seen.kind], *HEAD), [_row(level, seen) for level in seen.levels])


def _row(level: Level, seen: Measured) -> tuple[str, ...]:
    waiting = seen.waiting(level)
    return (
        f"{level.target:g}",
        *(str(count) for count in (level.answered, level.failed, level.cut)),
        f"{level.requests_per_s:.3g}" if level.answered else "-",
        f"{level.tokens_per_s:.4g}" if level.answered else "-",
        *_cells(level.first_token),
        *_cells(level.between_tokens),
        "-" if waiting is None else f"{waiting:.1f}",
    )


def _cells(spread: Spread | None) -> tuple[str, str, str]:
    if spread is None:
        return "-", "-", "-"
    return seconds(spread.p50), seconds(spread.p95), seconds(spread.p99)


def seconds(value: float) -> str:
    """Three digits: ``42.1 ms``, ``1.25 s``."""
    return f"{value * 1000:.3g} ms" if value < 0.9995 else f"{value:.3g} s" if value < 100 else f"{value:.0f} s"


def document(seen: Measured) -> dict[str, Any]:
    """For ``--json``; seconds."""
    entries = [{**asdict(level), "waiting": seen.waiting(level), "queues": seen.queues(level)} for level in seen.levels]
    return {"kind": seen.kind, "levels": entries}
