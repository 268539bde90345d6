"""Whether the disks hold what the stack will bring: container images, the model's files, what is measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from config.errors import Problem
from config.models import StackConfig
from machine.facts import Disk, Engine, Facts
from machine.names import Names
from machine.ports import is_watched
from sizing.cache_pool import IMAGE_GIB
from sizing.plan import Plan

CPU_IMAGE_GIB = 10  # vllm-openai-cpu unpacked, with the layers that a pull holds at the same time
WATCHING_GIB = 4  # the three images unpacked, 1.4, and what Prometheus keeps, 2 (components/local/prometheus.py)
HELD_SHARE = 0.9  # of a checkpoint: then it is there, and the rest is what the estimate is off by


@dataclass(frozen=True, kw_only=True)
class Need:
    disk: Disk
    gib: float
    what: str


def disk_problems(config: StackConfig, plan: Plan, engine: Engine, facts: Facts) -> Iterator[Problem]:
    """One for each disk that is too small for all that comes to it."""
    needs = sorted(_needs(config, plan, engine, facts), key=lambda need: need.disk.device)
    for _, group in groupby(needs, key=lambda need: need.disk.device):
        together = list(group)
        disk, gib = together[0].disk, sum(need.gib for need in together)
        if gib > disk.free_gib:
            yield Problem(
                path="disk",
                given=f"{disk.free_gib:.1f} GiB free at {', '.join(dict.fromkeys(str(n.disk.path) for n in together))}",
                allowed=f"{gib:.0f} GiB free: " + ", ".join(f"{need.what} {need.gib:.0f} GiB" for need in together),
                example="docker system df, then docker image prune",
                message="the disk would be full before the server starts: make room, let vllm:cache.path name a folder "
                "on a larger disk, or move the engine's data-root there",
            )


def _needs(config: StackConfig, plan: Plan, engine: Engine, facts: Facts) -> Iterator[Need]:
    if engine.images is not None and not facts.image_there:
        on_cpu = plan.local is not None and plan.local.gpus is None
        yield Need(disk=engine.images, gib=CPU_IMAGE_GIB if on_cpu else IMAGE_GIB, what="the image")
    watched = Names(config.stack).prometheus in {container.name for container in facts.containers}
    if engine.images is not None and is_watched(config) and not watched:
        yield Need(disk=engine.images, gib=WATCHING_GIB, what="Prometheus, Alertmanager and Grafana")
    held = facts.cache.model_gib
    if facts.cache.disk is not None and held is not None and held < HELD_SHARE * plan.checkpoint_gib:
        yield Need(disk=facts.cache.disk, gib=plan.checkpoint_gib - held, what="the model")
