"""A boot that cannot succeed: how it must end, whatever the reason."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rehearsal.host.faults import Faults
from rehearsal.host.spec import DRIVER, NO_FAULTS
from tests.e2e.host.ground import Scene

GIVE_UP_TIMEOUT_S = 600.0  # vLLM starts three times before it is given up, on a busy machine a minute each


@dataclass(frozen=True, kw_only=True)
class Failure:
    """``seconds`` from the launch to the end of its hook; ``vllm`` and ``holds``: its processes and slots
    after the group has let the instance go."""

    reason: str  # of the failed step's event in the log group
    console: tuple[str, ...]
    launch: tuple[str, str]  # status and message of the group's activity
    target: str
    vllm: str
    seconds: float
    holds: tuple[str, ...]


def given_up(
    scene: Scene,
    *,
    step: str,
    instance_id: str | None = None,
    faults: Faults = NO_FAULTS,
    gpus: int = 1,
    driver: str = DRIVER,
    kernel_log: Sequence[str] = (),
) -> Failure:
    """Boot a launch until the group has given it up; that of ``instance_id``, or the first one of a new group."""
    me = instance_id or scene.launch()
    number = len(scene.stage.launches()) - 1
    began_at = time.monotonic()
    with scene.boot(me, faults=faults, gpus=gpus, driver=driver, kernel_log=kernel_log) as host:
        host.wait_until(
            lambda: scene.stage.launches()[number][0] == "Cancelled",
            what="a launch that was given up",
            timeout_s=GIVE_UP_TIMEOUT_S,
        )
        seconds = time.monotonic() - began_at
        host.wait_until_released()
        return Failure(
            reason=scene.said(me, step=step, status="failed"),
            console=host.console(),
            launch=scene.stage.launches()[number],
            target=scene.stage.target_state(me),
            vllm=host.run("sh", "-c", "pgrep --list-full --full '[v]llm serve' || true"),
            seconds=seconds,
            holds=tuple(volume for volume, holders in scene.stage.volumes().items() if me in holders),
        )


def assert_given_up(failure: Failure, *, step: str, says: Sequence[str]) -> None:
    """Step and reason are on the console and in the log group, the launch is abandoned, no server is left to answer."""
    assert [part for part in says if part not in failure.reason] == [], failure.reason
    assert any(f"step {step} failed" in line and says[0] in line for line in failure.console)
    assert failure.launch[0] == "Cancelled"
    assert failure.launch[1].endswith("Lifecycle Action Completed with ABANDON Result")
    assert failure.target == "unused"
    assert failure.vllm == ""
    assert failure.holds == ()
