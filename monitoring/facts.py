"""The numbers of one stack's plan that alarms may depend on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from sizing.plan import Plan

Term = Literal[
    "min_replicas",
    "typical_answer_s",
    "boot_deadline_s",
    "cold_start_s",
    "stall_s",
    "max_num_seqs",
    "queue_room",
    "first_token_s",
    "inter_token_s",
    "gpu_memory_asked",
]
TYPICAL_OF_IDLE = 0.25  # of the load balancer's idle timeout: a typical answer counts as no longer
ASSUMED_FIRST_TOKEN_S = 10.0  # where the plan has no throughput: vLLM on a CPU
ASSUMED_INTER_TOKEN_S = 0.5
VLLM_MAX_NUM_SEQS = 128  # the least of vLLM's own defaults; plans always say theirs
LEAST_QUEUE_ROOM = 1


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Of one stack's plan; seconds, counts of requests on one replica, a ratio.

    ``typical_answer_s``: from a request of the typical length to its last token, with as many requests running as one
    replica can, at the slow end of the estimate; short enough that twice as long is well before the idle timeout.
    ``max_num_seqs``: requests that run at once; ``queue_room``: that may wait beside them before vLLM answers 503.
    ``first_token_s``: of a prompt of the typical length on an idle replica; ``inter_token_s``: between two tokens on a
    full one; both at the slow end. ``gpu_memory_asked``: the share of a GPU's memory that vLLM takes.
    ``has_certificate``: the endpoint speaks HTTPS with a certificate of Certificate Manager. ``moving``: the least
    number of replicas is 0 or changes by the hour, so that ``min_replicas`` says little.
    """

    min_replicas: int
    typical_answer_s: int
    boot_deadline_s: int
    cold_start_s: int
    stall_s: int
    max_num_seqs: int
    queue_room: int
    first_token_s: float
    inter_token_s: float
    gpu_memory_asked: float
    has_certificate: bool = False
    moving: bool = False

    @classmethod
    def of(cls, plan: Plan, *, has_certificate: bool = False) -> Facts:
        given = _arguments(plan.vllm_args)
        running = int(given.get("--max-num-seqs", VLLM_MAX_NUM_SEQS))
        queued = int(given.get("--max-num-queued-reqs", 2 * running))
        known = plan.throughput
        return cls(
            min_replicas=plan.replicas.min,
            typical_answer_s=_typical_answer_s(plan),
            boot_deadline_s=plan.timers.boot_deadline_s,
            cold_start_s=plan.cold_start.total,
            stall_s=plan.timers.stall_s,
            max_num_seqs=running,
            queue_room=max(queued - running, LEAST_QUEUE_ROOM),
            first_token_s=known.first_token_s.high if known else ASSUMED_FIRST_TOKEN_S,
            inter_token_s=known.running / known.decode_tokens_per_s.low if known else ASSUMED_INTER_TOKEN_S,
            gpu_memory_asked=float(given.get("--gpu-memory-utilization", 0.0)),
            has_certificate=has_certificate,
            moving=plan.scaling is not None and bool(plan.scaling.idle_s or plan.scaling.schedules),
        )

    def value(self, term: Term) -> float:
        return float(getattr(self, term))

    @classmethod
    def terms(cls) -> frozenset[str]:
        """The names that ``value`` takes."""
        return frozenset(field.name for field in fields(cls)) - {"has_certificate", "moving"}


def _typical_answer_s(plan: Plan) -> int:
    longest = TYPICAL_OF_IDLE * plan.timers.idle_timeout_s
    return math.ceil(min(plan.throughput.answer_s.high, longest) if plan.throughput else longest)


def _arguments(vllm_args: tuple[str, ...]) -> Mapping[str, str]:
    """Flags with their values, as ``--name value`` or ``--name=value``; of two alike vLLM takes the last."""
    found: dict[str, str] = {}
    for flag, following in zip(vllm_args, (*vllm_args[1:], ""), strict=True):
        if flag.startswith("--"):
            name, equals, value = flag.partition("=")
            found[name] = value if equals else following
    return found
