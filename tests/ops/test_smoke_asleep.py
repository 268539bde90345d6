"""``ops smoke`` of a fleet that may be empty."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.endpoint import Endpoint
from ops.rollout.state import FailedLaunch, Instance, Snapshot
from ops.smoke.asleep import why, why_asleep
from ops.smoke.checks import run_checks
from tests.ops.vllm_stand_in import KEY, instead, serving

EMPTY = Snapshot(
    wanted=0, least=0, template_version="1", launch_suspended=False, instances=(), refresh=None, failed_launches=()
)
BOOTING = Instance(id="i-1", state="Pending:Wait", template_version="1", target=None)
SERVING = Instance(id="i-2", state="InService", template_version="1", target="healthy")
FAILED = FailedLaunch(activity_id="a", instance_id="i-3", reason="abandoned")


@pytest.mark.parametrize(
    ("snapshot", "said"),
    [
        (EMPTY, "503: nothing runs (scaling.min is 0), and this request starts a host"),
        (replace(EMPTY, wanted=1), "503: a host boots"),
        (replace(EMPTY, wanted=1, instances=(BOOTING,)), "503: a host boots"),
        (replace(EMPTY, wanted=1, instances=(SERVING,)), ""),
        (replace(EMPTY, wanted=1, failed_launches=(FAILED,)), ""),
        (replace(EMPTY, wanted=1, least=1), ""),
    ],
)
def test_a_fleet_that_may_be_empty_is_no_failure(snapshot: Snapshot, said: str) -> None:
    found = why(snapshot, stack="dev")
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_nothing_else_is_asked_then() -> None:
    with serving(instead({"/v1/models": (503, None)})) as url:
        endpoint = Endpoint(base_url=url, key=KEY, direct=False, timeout_s=10)
        (check,) = run_checks(endpoint, asleep=lambda: "nothing runs")
        assert (check.passed, check.skipped, check.detail) == (True, True, "nothing runs")
        assert why_asleep(endpoint) == "", "of an address that was given nothing is known"
        assert not run_checks(endpoint)[0].passed
