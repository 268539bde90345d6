"""One host in a world that fails at first: metadata tokens, AWS calls, the pull of the image, the model hub."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.host.faults import Faults, Refusal
from tests.e2e.host.plays import Stand

REFUSED_TOKENS = 3
FAILED_PULLS = 2
BUSY_HUB = 4
RETRY_AFTER_S = 3
THROTTLED = {
    "DescribeVolumes": "RequestLimitExceeded",
    "AttachVolume": "RequestLimitExceeded",
    "GetSecretValue": "ThrottlingException",
    "DescribeAutoScalingInstances": "Throttling",
    "PutLogEvents": "ThrottlingException",
}
TIMES = 3


@dataclass(frozen=True, kw_only=True)
class Flaky:
    steps: Mapping[str, str]  # last status, by step
    seconds: Mapping[str, float]  # of each finished step
    waited: tuple[str, ...]  # reasons of waiting events
    refused: Mapping[str, int]  # AWS calls, by action
    slot_after_s: float
    failed_pulls: int
    hub_refused: int
    downloaded: tuple[int, int]
    launches: tuple[tuple[str, str], ...]
    console: tuple[str, ...]


def flaky(stand: Stand) -> Flaky:
    """Until the model's files are there: what comes then is as in any boot."""
    scene = stand.ground.scene("flaky")
    me = scene.launch()
    refusals = tuple(Refusal(action=action, code=code, times=TIMES) for action, code in THROTTLED.items())
    faults = Faults(
        registry_errors=FAILED_PULLS,
        hub_busy=BUSY_HUB,
        hub_retry_after_s=RETRY_AFTER_S,
        token_refusals=REFUSED_TOKENS,
        aws=refusals,
    )
    began_at = time.monotonic()
    with scene.boot(me, faults=faults) as host:
        host.wait_for_line("step cache-slot ok", timeout_s=300)
        slot_after_s = time.monotonic() - began_at
        host.wait_for_line("step model-files ok", timeout_s=300)
        host.wait_until(
            lambda: any(
                (event["step"], event["status"]) == ("model-files", "ok") for event in scene.stage.boot_events(me)
            ),
            what="its events in the log group",
            timeout_s=300,
        )
        events = scene.stage.boot_events(me)
        outcome = Flaky(
            steps={event["step"]: event["status"] for event in events},
            seconds={event["step"]: event["duration_s"] for event in events if event["status"] == "ok"},
            waited=tuple(event["reason"] for event in events if event["status"] == "waiting"),
            refused=Counter(host.world.aws.refused),
            slot_after_s=slot_after_s,
            failed_pulls=host.world.registry.refused,
            hub_refused=host.world.hub.refused,
            downloaded=(host.world.registry.bytes, host.world.hub.bytes),
            launches=tuple(scene.stage.launches()),
            console=host.console(),
        )
    scene.close()
    return outcome
