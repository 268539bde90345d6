"""What the plan says of the load that a benchmark makes, and how the measured compares with it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Self

from monitoring.alarms import metric_alarms
from monitoring.facts import Facts
from ops.bench.seen import Level, Measured, seconds
from sizing.estimate import Range
from sizing.plan import Plan
from sizing.throughput import typical_load

if TYPE_CHECKING:
    from config.models import StackConfig

SHARES = (0.25, 0.5, 1.0, 1.5)
"""Levels, as parts of what the plan says can run at once; before them one request at a time."""
FIRST_TOKEN_ALARM = "slow-first-token"  # noqa: S105 - no secret
CLOSE_TO_CONTEXT = 0.95  # the tokens of a prompt are counted from its words, which is not exact
Verdict = Literal["as planned", "worse than planned", "better than planned", "not measured"]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """Of the whole stack at its minimum of replicas. ``running``: requests that run at once; ``taken_in``: these and
    those that may wait. Ranges are None where the plan knows no speed."""

    replicas: int
    running: int
    taken_in: int
    prompt_tokens: int
    answer_tokens: int
    first_token_limit_s: float
    first_token_s: Range | None
    requests_per_s: Range | None
    tokens_per_s: Range | None

    @classmethod
    def of(cls, config: StackConfig, plan: Plan) -> Planned:
        facts = Facts.of(plan, has_certificate=config.endpoint.is_https)
        alarms = metric_alarms(stack=config.stack, facts=facts, thresholds=config.monitoring.thresholds)
        limit = next(alarm.threshold for alarm in alarms if alarm.id == FIRST_TOKEN_ALARM)
        replicas, speed = max(1, plan.replicas.min), plan.throughput  # a request starts the first
        running = speed.running if speed else facts.max_num_seqs
        load = typical_load(running=running, typical_tokens=plan.typical_tokens)
        answer = load.answer_tokens
        return cls(
            replicas=replicas,
            running=running * replicas,
            taken_in=int(facts.max_num_seqs + facts.queue_room) * replicas,
            prompt_tokens=max(min(load.prompt_tokens, math.floor(plan.max_model_len * CLOSE_TO_CONTEXT) - answer), 1),
            answer_tokens=answer,
            first_token_limit_s=limit,
            first_token_s=speed.first_token_s if speed else None,
            requests_per_s=_times(speed.requests_per_s, replicas) if speed else None,
            tokens_per_s=_times(speed.decode_tokens_per_s, replicas) if speed else None,
        )

    def asked(self, *, prompt_tokens: int, answer_tokens: int) -> Self:
        """The same for requests of this length, of which the plan knows no speed unless it is its own."""
        if (prompt_tokens, answer_tokens) == (self.prompt_tokens, self.answer_tokens):
            return self
        lengths: dict[str, Any] = {"prompt_tokens": prompt_tokens, "answer_tokens": answer_tokens}
        return replace(self, **lengths, first_token_s=None, requests_per_s=None, tokens_per_s=None)

    def levels(self) -> tuple[int, ...]:
        """One at a time, up to half more than can run at once, but no more than is taken in."""
        wanted = (1, *(math.ceil(self.running * share) for share in SHARES))
        return tuple(sorted({min(each, self.taken_in) for each in wanted}))


def _times(found: Range, factor: int) -> Range:
    return Range(low=found.low * factor, high=found.high * factor)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One line: what was planned, what was seen, and what to make of it."""

    about: str
    planned: str
    seen: str
    verdict: Verdict


def compare(seen: Measured, planned: Planned) -> list[Comparison]:
    """Concurrency, first token and speed, each at the level that the plan speaks of."""
    return [_concurrency(seen, planned), _first_token(seen, planned), *_speed(seen, planned)]


def _concurrency(seen: Measured, planned: Planned) -> Comparison:
    queues, last = seen.queues_from(), seen.levels[-1]
    about, said = "running at once", f"{planned.running} requests on {_replicas(planned.replicas)}"
    reached = max(level.in_flight for level in seen.levels)
    if queues is None:
        enough = reached >= 0.9 * planned.running
        text = f"nothing waits, also not at {_target(seen, last)}"
        return Comparison(about=about, planned=said, seen=text, verdict="as planned" if enough else "not measured")
    before = [level for level in seen.levels if level.target < queues.target]
    text = f"requests begin to wait at {_target(seen, queues)}"
    if before:
        text += f", not yet at {_target(seen, before[-1])}"
    early = queues.in_flight <= planned.running
    return Comparison(about=about, planned=said, seen=text, verdict="worse than planned" if early else "as planned")


def _first_token(seen: Measured, planned: Planned) -> Comparison:
    about, said = "first token, p95", f"below {seconds(planned.first_token_limit_s)} (alarm {FIRST_TOKEN_ALARM})"
    level = _at_plan(seen, planned)
    if level is None or level.first_token is None:
        return Comparison(about=about, planned=said, seen="no level near the plan's", verdict="not measured")
    over = level.first_token.p95 > planned.first_token_limit_s
    text = f"{seconds(level.first_token.p95)} at {_target(seen, level)}"
    return Comparison(about=about, planned=said, seen=text, verdict="worse than planned" if over else "as planned")


def _speed(seen: Measured, planned: Planned) -> list[Comparison]:
    level = _at_plan(seen, planned)
    rows: Sequence[tuple[str, Range | None, float | None]] = (
        ("tokens/s", planned.tokens_per_s, level.tokens_per_s if level else None),
        ("requests/s", planned.requests_per_s, level.requests_per_s if level else None),
    )
    return [
        Comparison(
            about=about,
            planned=f"{expected.low:.3g} to {expected.high:.3g} with {planned.running} running",
            seen="no level near the plan's" if level is None else f"{value:.3g} at {_target(seen, level)}",
            verdict=_within(value, expected),
        )
        for about, expected, value in rows
        if expected is not None
    ]


def _within(value: float | None, expected: Range) -> Verdict:
    if value is None:
        return "not measured"
    if value < expected.low:
        return "worse than planned"
    return "better than planned" if value > expected.high else "as planned"


def _at_plan(seen: Measured, planned: Planned) -> Level | None:
    """The level with about as many in flight as the plan says run at once; the nearest of them."""
    near = [
        level
        for level in seen.levels
        if level.answered and 0.75 * planned.running <= level.in_flight <= 1.25 * planned.running
    ]
    return min(near, key=lambda level: abs(level.in_flight - planned.running), default=None)


def _target(seen: Measured, level: Level) -> str:
    return f"{level.target:g} at a time" if seen.kind == "concurrency" else f"{level.target:g} requests/s"


def _replicas(count: int) -> str:
    return "1 replica" if count == 1 else f"{count} replicas"


def lines(rows: Sequence[Comparison]) -> list[str]:
    return [f"{row.about}: planned {row.planned}; {row.seen}: {row.verdict}" for row in rows]


def document(rows: Sequence[Comparison], planned: Planned) -> Mapping[str, Any]:
    return {"plan": asdict(planned), "comparison": [asdict(row) for row in rows]}
