"""Two hosts behind a real load balancer, never without requests: what is lost when something happens to one of them."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.e2e.host import front as fronts
from tests.e2e.host.front import Front
from tests.e2e.host.ground import KEY
from tests.e2e.host.load import Load
from tests.e2e.host.plays import Plays, Stand
from tests.e2e.host.scenarios import (
    BOOT_TIMEOUT_S,
    BURST,
    DEREGISTRATION_S,
    HEADING,
    Effect,
    Group,
    crash,
    effects,
    new_version,
    refresh,
    scale_in,
    spot_notice,
)
from tests.e2e.support import need

pytestmark = pytest.mark.e2e
NEVER_IDLE = True
CLIENTS = (16, 16, 16, 64)  # tokens of the answers of each of them


def play(stand: Stand) -> dict[str, Effect]:
    """By name, in the order in which it happened. At most three hosts run at a time, and four in all."""
    scene = stand.ground.scene("lost", slots=3)
    stage = scene.stage
    stage.aws.client("elbv2").modify_target_group_attributes(
        TargetGroupArn=stage.target_group_arn,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(DEREGISTRATION_S)}],
    )
    first = scene.launch()
    stage.set_capacity(2)
    second = next(id_ for id_ in stage.members() if id_ != first)
    with Front(stage=stage, timers=scene.options.plan.timers) as front:
        load = Load(front=front.socket, key=KEY, model=scene.model, clients=CLIENTS, target_at=front.target_at)
        group = Group(scene=scene, front=front, load=load)
        try:
            a, b = group.boot(first), group.boot(second)
            for host in (a, b):
                host.wait_until_served(timeout_s=BOOT_TIMEOUT_S)
                group.await_rotation(host)
            began_at = time.monotonic()
            with load:
                for host in (a, b):
                    group.await_service(host)
                changes = [crash(group, a)]
                new_version(group, (*scene.options.plan.vllm_args, "--seed", "1"))
                changes.append(spot_notice(group, a))
                changes.append(refresh(group, b))
                oldest = next(iter(group.hosts.values()))
                changes.append(scale_in(group, oldest))
                for host in group.hosts.values():
                    group.await_service(host)
        finally:
            scene.close()
            group.end(*group.hosts)
        return {each.change.name: each for each in effects(changes, load.ended, since_s=began_at)}


PLAYS = (play,)


@pytest.fixture
def outcome(plays: Plays) -> dict[str, Effect]:
    need(fronts.missing() is None, fronts.missing() or "")
    return plays.of(play)


def test_only_what_a_crashed_engine_was_at_is_lost(outcome: dict[str, Effect], seen: Callable[[str], None]) -> None:
    seen(HEADING)
    for effect in outcome.values():
        seen(effect.line)
    for name in ("rolling refresh", "spot notice", "scale-in"):
        assert outcome[name].lost == (), name
    crashed = outcome["crashed engine"]
    assert len(crashed.lost) == crashed.in_flight + crashed.in_gap, crashed.lost
    assert [each for each in crashed.lost if each.began_at >= crashed.change.left_at] == []


def test_requests_came_all_the_time(outcome: dict[str, Effect]) -> None:
    assert all(effect.during > BURST for effect in outcome.values()), outcome
    assert outcome["crashed engine"].in_flight > 0
