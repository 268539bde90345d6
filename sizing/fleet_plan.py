"""The part of a Plan that says of what a fleet is made, and how and when it changes. Durations are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sizing.estimate import Range


@dataclass(frozen=True, kw_only=True)
class HostType:
    """A type that hosts may have, and how vLLM is started there. ``planned_concurrency``: requests of the typical
    length that run at once."""

    instance_type: str
    gpus_per_replica: int
    planned_concurrency: int
    hourly_usd: float | None
    vllm_args: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CapacityPlan:
    """From where machines come. ``reservation_ids``: used first; ``open_reservations``: any of the account.

    Above ``on_demand_base`` replicas, ``spot_percent`` of them are spot instances. ``block_id`` and ``block_zone``: of
    a Capacity Block, which goes with nothing else.
    """

    reservation_ids: tuple[str, ...] = ()
    open_reservations: bool = False
    on_demand_base: int = 0
    spot_percent: int = 0
    block_id: str | None = None
    block_zone: str | None = None


@dataclass(frozen=True, kw_only=True)
class SchedulePlan:
    """Other bounds from ``start`` to ``end``, both cron expressions of five fields in ``time_zone``."""

    name: str
    start: str
    end: str
    time_zone: str
    min: int
    max: int


@dataclass(frozen=True, kw_only=True)
class ScalingPlan:
    """How the number of replicas follows the load; all None or empty where it never changes.

    ``signal`` per replica is held at ``target``, a part of ``planned_concurrency`` or of the KV cache. A replica is
    taken away after ``low_for_s`` in which one fewer would have done, and again no sooner than ``scale_in_cooldown_s``
    later, which is above a cold start. ``idle_s``: without a request for so long the last one ends.
    ``first_answer_s``: of the first request after that, low with a warm cache slot and high with a blank one.
    """

    signal: Literal["in_flight", "kv_cache"]
    target: float
    planned_concurrency: int
    low_for_s: int
    scale_in_cooldown_s: int
    follows_load: bool  # whether max is above min, now or by a schedule
    idle_s: int | None = None
    first_answer_s: Range | None = None
    schedules: tuple[SchedulePlan, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChangePlan:
    """How hosts are replaced by those of a new version. ``checkpoints`` in percent of new hosts, the last 100; at each
    before that the change pauses for ``bake_s``. Each new host counts only after its warm-up and ``bake_s``: an alarm
    until then calls the change back."""

    launch_first: bool
    checkpoints: tuple[int, ...]
    bake_s: int

    @property
    def pauses(self) -> bool:
        """Whether it waits at a checkpoint: the last one, all hosts, is its end."""
        return self.bake_s > 0 and len(self.checkpoints) > 1
