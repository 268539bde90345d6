"""Whatever takes a host away, it ends by the one drain. What AWS announces of each is all that tells them apart.

Auto Scaling sets ``autoscaling/target-lifecycle-state`` to Terminated for every instance that it ends: user guide,
"Retrieve the target lifecycle state through instance metadata". It does so before its terminating hook begins to wait.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.userdata.agent.stage import LIFECYCLE, REBALANCE, SPOT, Stage

GROUP = "drain.sh the group terminates this instance"
TAKEN = "drain.sh spot interruption"
TERMINATED = {LIFECYCLE: "Terminated"}
NOTICE = {SPOT: '{"action": "terminate", "time": "2026-11-24T15:02:15Z"}'}
LIKELY = {REBALANCE: '{"noticeTime": "2026-11-24T15:00:10Z"}'}
Seen = Mapping[str, str]


@pytest.mark.parametrize(
    ("announced", "drains"),
    [
        pytest.param([TERMINATED], [GROUP], id="scale-in"),
        pytest.param([TERMINATED], [GROUP], id="instance refresh"),
        pytest.param([TERMINATED], [GROUP], id="rebalance of zones"),
        pytest.param([TERMINATED], [GROUP], id="replacement of an unhealthy host"),
        pytest.param([NOTICE], [TAKEN], id="spot notice"),
        pytest.param([NOTICE, TERMINATED], [TAKEN], id="spot notice, then the group takes note"),
        pytest.param([LIKELY], [], id="rebalance recommendation alone"),
        pytest.param([LIKELY, TERMINATED], [GROUP], id="rebalance recommendation, then its replacement serves"),
        pytest.param([LIKELY, NOTICE], [TAKEN], id="rebalance recommendation, then the interruption"),
        # The drain was over by then; again, it finds nothing to do.
        pytest.param([LIKELY, TERMINATED, NOTICE], [GROUP, TAKEN], id="all of them"),
        pytest.param([{LIFECYCLE: "Standby"}], [], id="standby"),
        pytest.param([{LIFECYCLE: "Detached"}], [], id="taken out of the group"),
    ],
)
def test_a_host_drains_for_whatever_ends_it(joined: Stage, announced: list[Seen], drains: list[str]) -> None:
    for seen in announced:
        joined.world.texts |= seen
        joined.pass_s(20)
    joined.pass_s(60)
    assert joined.calls("drain.sh") == drains
    assert joined.calls("replace.sh") == []


@pytest.mark.parametrize("announced", [TERMINATED, NOTICE], ids=["the group", "spot"])
def test_every_way_out_goes_on_where_the_agent_left_it(joined: Stage, announced: Seen) -> None:
    """systemd starts an agent that died again: the drain begins anew, which is safe."""
    joined.world.texts |= announced
    joined.pass_s(10)
    joined.restart_agent()
    joined.pass_s(10)
    first, second = joined.calls("drain.sh")
    assert first == second
