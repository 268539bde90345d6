"""The agent sees the end of its host coming."""

from __future__ import annotations

import pytest

from tests.userdata.agent.stage import LIFECYCLE, REBALANCE, SPOT, Stage

TERMINATED = "drain.sh the group terminates this instance"
TAKEN = "drain.sh spot interruption"
ACTION = '{"action": "terminate", "time": "2026-11-24T15:02:15Z"}'  # 120 s after `joined`


@pytest.fixture
def hanging(joined: Stage) -> Stage:
    """One whose drain does not end: requests go on."""
    joined.script("drain.sh", "while [[ ! -e $RUN_DIR/requests-ended ]]; do read -rt 0.02 _ <> <(:); done; exit 0")
    return joined


def test_a_terminating_host_drains_once(joined: Stage) -> None:
    joined.world.texts[LIFECYCLE] = "Terminated"
    joined.pass_s(600)
    assert joined.acts() == [TERMINATED]


def test_the_terminating_state_is_seen_within_five_seconds(joined: Stage) -> None:
    joined.world.texts[LIFECYCLE] = "Terminated"
    joined.pass_s(6)
    assert joined.acts() == [TERMINATED]


def test_a_drain_that_fails_is_tried_again(joined: Stage) -> None:
    joined.script("drain.sh", "(($(grep -c ^drain.sh $RUN_DIR/../calls) > 2))")
    joined.world.texts[LIFECYCLE] = "Terminated"
    joined.pass_s(100)
    assert joined.acts() == [TERMINATED] * 3


def test_an_agent_that_starts_anew_begins_the_drain_anew(joined: Stage) -> None:
    joined.world.texts[LIFECYCLE] = "Terminated"
    joined.pass_s(10)
    joined.restart_agent()
    joined.pass_s(10)
    assert joined.acts() == [TERMINATED] * 2


def test_nothing_is_judged_any_more_while_the_host_ends(joined: Stage) -> None:
    joined.world.texts[LIFECYCLE] = "Terminated"
    joined.pass_s(6)
    joined.units(vllm="failed")
    joined.world.silence()
    joined.pass_s(400)
    assert joined.acts() == [TERMINATED]


def test_a_drain_of_the_group_is_never_cut(hanging: Stage) -> None:
    hanging.world.load(requests=3, tokens=10)
    hanging.world.texts[LIFECYCLE] = "Terminated"
    hanging.pass_s(1700, waiting=False)
    hanging.host.path("run/requests-ended").touch()
    hanging.pass_s(1)
    assert hanging.acts() == [TERMINATED]


def test_a_spot_notice_is_told_counted_and_drained(joined: Stage) -> None:
    joined.world.texts[SPOT] = ACTION
    joined.pass_s(105)
    assert sorted(joined.acts()) == sorted(
        [
            f"tell.sh agent warning EC2 takes this spot instance: {ACTION} 0",
            "measure.sh SpotInterruptions 1",
            TAKEN,
        ]
    )


def test_what_runs_on_ten_seconds_before_the_interruption_is_cut_and_counted(hanging: Stage) -> None:
    hanging.world.load(requests=3, tokens=10)
    hanging.world.texts[SPOT] = ACTION
    hanging.pass_s(110, waiting=False)
    assert hanging.calls("cut.sh") == []
    hanging.host.path("run/requests-ended").touch()
    hanging.pass_s(1)
    assert hanging.calls("cut.sh") == ["cut.sh"]
    assert "measure.sh RequestsCut 3" in hanging.calls("measure.sh")
    assert hanging.calls("tell.sh")[-1] == (
        "tell.sh drain warning spot interruption: 3 requests were cut, the time was up 110"
    )
    hanging.pass_s(60)
    assert hanging.calls("cut.sh") == ["cut.sh"]


def test_nothing_is_counted_as_cut_where_nothing_ran(joined: Stage) -> None:
    joined.world.texts[SPOT] = ACTION
    joined.pass_s(130)
    assert joined.calls("measure.sh") == ["measure.sh SpotInterruptions 1"]


def test_a_spot_notice_during_a_drain_cuts_it_in_time(hanging: Stage) -> None:
    hanging.world.load(requests=1, tokens=10)
    hanging.world.texts[LIFECYCLE] = "Terminated"
    hanging.pass_s(5, waiting=False)
    hanging.world.texts[SPOT] = ACTION
    hanging.pass_s(106, waiting=False)
    hanging.host.path("run/requests-ended").touch()
    hanging.pass_s(1)
    assert hanging.calls("cut.sh") == ["cut.sh"]
    assert hanging.calls("drain.sh")[0] == TERMINATED


def test_a_recommendation_is_told_and_counted_once_and_ends_nothing(joined: Stage) -> None:
    joined.world.texts[REBALANCE] = '{"noticeTime": "2026-11-24T15:00:00Z"}'
    joined.pass_s(30)
    joined.restart_agent()
    joined.pass_s(30)
    assert sorted(joined.acts()) == [
        "measure.sh RebalanceRecommendations 1",
        "tell.sh agent warning EC2 recommends to rebalance: an interruption is likely 0",
    ]


def test_an_expired_token_is_renewed(joined: Stage) -> None:
    joined.world.token = "second"
    joined.world.texts[LIFECYCLE] = "Terminated"
    joined.pass_s(6)
    assert joined.acts() == [TERMINATED]
    assert joined.world.asked.count("/latest/api/token") == 2


def test_a_metadata_service_that_refuses_is_asked_again(joined: Stage) -> None:
    joined.world.token = None
    joined.world.texts[LIFECYCLE] = "Terminated"
    joined.pass_s(60)
    assert joined.acts() == []
    joined.world.token = "third"
    joined.pass_s(6)
    assert joined.acts() == [TERMINATED]
