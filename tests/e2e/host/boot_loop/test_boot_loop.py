"""0 of 4 GPUs, on every machine that the group gets: three launches, and no more until a person says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.e2e.host.failure import Failure, assert_given_up, given_up
from tests.e2e.host.plays import Plays, Stand
from userdata.options import boot_loop_alarm

pytestmark = pytest.mark.e2e
GPUS_NEEDED = 4
STACK = "prod"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    failures: tuple[Failure, ...]
    suspended: tuple[list[str], ...]  # processes, after each failure
    alarm: tuple[str, str]
    instances: int  # of the group, afterwards
    launches: int
    resumed: str  # what `ops rollout --resume` printed
    suspended_then: list[str]
    alarm_then: tuple[str, str]
    launches_then: int


def play(stand: Stand) -> Outcome:
    machine = replace(stand.ground.plan.host_types[0], gpus_per_replica=GPUS_NEEDED)
    scene = stand.ground.scene(STACK, host_types=(machine,))
    scene.launch()
    failures, suspended = [], []
    for _ in range(3):
        failures.append(given_up(scene, step="gpus", instance_id=scene.stage.booting(), gpus=0))
        suspended.append(scene.stage.suspended())
    alarm = scene.stage.alarm(boot_loop_alarm(STACK))
    live = [item for item in scene.stage.describe()["Instances"] if item["LifecycleState"].startswith("Pending")]
    launches = len(scene.stage.launches())
    folder = stand.ground.folder / "resume"
    folder.mkdir()
    resumed = scene.stage.ops("rollout", "--resume", "--stack", STACK, folder=folder)
    outcome = Outcome(
        failures=tuple(failures),
        suspended=tuple(suspended),
        alarm=alarm,
        instances=len(live),
        launches=launches,
        resumed=resumed,
        suspended_then=scene.stage.suspended(),
        alarm_then=scene.stage.alarm(boot_loop_alarm(STACK)),
        launches_then=len(scene.stage.launches()),
    )
    scene.close()
    return outcome


PLAYS = (play,)


@pytest.mark.parametrize("number", range(3))
def test_each_launch_is_given_up_with_what_nvidia_smi_says(
    plays: Plays, seen: Callable[[str], None], number: int
) -> None:
    failure = plays.of(play).failures[number]
    seen(f"launch {number + 1} given up after {failure.seconds:.0f} s: {failure.reason}")
    assert_given_up(failure, step="gpus", says=("4 GPUs",))


def test_the_third_one_stops_the_launches(plays: Plays, seen: Callable[[str], None]) -> None:
    outcome = plays.of(play)
    seen(f"suspended after each: {outcome.suspended}; {outcome.launches} launches in all")
    assert outcome.suspended == ([], [], ["Launch"])
    assert (outcome.instances, outcome.launches) == (0, 3)


def test_the_alarm_says_why_and_what_to_do(plays: Plays, seen: Callable[[str], None]) -> None:
    state, reason = plays.of(play).alarm
    seen(f"{state}: {reason}")
    assert state == "ALARM"
    for part in ("gpus", "4 GPUs", "python -m ops rollout --resume --stack prod"):
        assert part in reason


def test_resume_launches_again(plays: Plays, seen: Callable[[str], None]) -> None:
    outcome = plays.of(play)
    seen(outcome.resumed.strip())
    assert outcome.suspended_then == []
    assert outcome.alarm_then[0] == "OK"
    assert outcome.launches_then == 4
