"""Every alarm that the program makes rings, tells, and ends, on what its real producer puts.

Hosts are the real publisher with a vLLM that exports what the contract says (``monitoring/data/vllm_metrics.json``),
so an alarm on a metric that vLLM does not export, or that the publisher does not put, fails here by its name. What
the host's scripts put is in test_told.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitoring.contract import contract
from tests.program.cases import load_case
from tests.program.ringing.server import FakeVllm
from tests.program.ringing.stack_alarms import COMPOSITE, METRIC_ALARM, PREFIX
from tests.program.ringing.stage import Stage, stage
from tests.program.ringing.troubles import BY_AWS, BY_HOSTS, BY_SCRIPTS, FIRST_TOKEN, WAITING

pytestmark = pytest.mark.e2e  # hours of a stack, minute by minute

FLEET = "three-zones"  # three hosts
WITH_CERTIFICATE = "https-internal"
SETTLED_MINUTES = 6


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path, case=FLEET) as running:
        yield running


def rings_and_ends(stage: Stage, id_: str) -> None:
    for _ in range(SETTLED_MINUTES):
        stage.minute()
    assert stage.state(id_) == "OK"
    before = len(stage.told())
    stage.trouble = id_
    stage.until(id_, "ALARM")
    stage.is_told(id_, "ALARM", after=before)
    before = len(stage.told())
    stage.trouble = None
    stage.until(id_, "OK")
    stage.is_told(id_, "OK", after=before)


def test_there_is_a_trouble_for_every_alarm() -> None:
    made = {each.name.removeprefix(PREFIX) for each in load_case(WITH_CERTIFICATE).graph.of_type(METRIC_ALARM)}
    assert made == {*BY_HOSTS, *BY_AWS, *BY_SCRIPTS}


@pytest.mark.parametrize("id_", BY_HOSTS)
def test_what_hosts_publish_rings(fleet: Stage, id_: str) -> None:
    rings_and_ends(fleet, id_)


@pytest.mark.parametrize("id_", [id_ for id_ in BY_AWS if id_ != "certificate-expiry"])
def test_what_aws_measures_rings(tmp_path: Path, id_: str) -> None:
    with stage(tmp_path, case="dev", hosts=0) as running:
        rings_and_ends(running, id_)


def test_a_certificate_that_ends_rings_until_it_is_renewed(tmp_path: Path) -> None:
    """Certificate Manager measures twice a day, and an alarm looks back a day."""
    with stage(tmp_path, case=WITH_CERTIFICATE, hosts=0) as running:
        states = []
        for days in (200, 20, 20, 20, 395, 395, 395, 395):
            running.put("certificate-expiry", days)
            running.wall.advance(12 * 3600)
            running.aws.judge_alarms()
            states.append(running.state("certificate-expiry"))
        assert states[0] == "OK"
        assert "ALARM" in states[1:4]
        assert states[-1] == "OK"


def test_hosts_that_are_well_ring_nothing(fleet: Stage) -> None:
    for _ in range(45):
        fleet.minute()
    kinds = ["MetricAlarm", "CompositeAlarm"]
    found = fleet.cloudwatch.describe_alarms(StateValue="ALARM", AlarmTypes=kinds)
    assert found["MetricAlarms"] + found["CompositeAlarms"] == []
    assert [state for _, state in fleet.told() if state != "OK"] == []


def test_no_data_is_an_outage(tmp_path: Path) -> None:
    """Without a registered target the load balancer measures nothing."""
    with stage(tmp_path, case="dev", hosts=0) as running:
        for _ in range(8):
            running.wall.advance(60)
            running.aws.judge_alarms()
        assert running.state("service-down") == "ALARM"
        assert (running.alarms["service-down"], "ALARM") in running.told()


def test_an_outage_is_one_message(fleet: Stage) -> None:
    """All hosts hang and the load balancer gives them up: consequences ring, and are not told."""
    for _ in range(SETTLED_MINUTES):
        fleet.minute()
    before = len(fleet.told())
    fleet.trouble = "all-stalled"
    fleet.until("all-stalled", "ALARM")
    for _ in range(10):
        fleet.minute()
    assert fleet.state("stalled-tokens") == "ALARM"
    assert fleet.state("stalled-tokens-told") == "ALARM"
    assert fleet.told()[before:] == [(fleet.alarms["service-down"], "ALARM")]


def test_the_end_of_an_outage_is_told(fleet: Stage) -> None:
    for _ in range(SETTLED_MINUTES):
        fleet.minute()
    fleet.trouble = "all-stalled"
    fleet.until("all-stalled", "ALARM")
    before = len(fleet.told())
    fleet.trouble = None
    fleet.until("all-stalled", "OK")
    for _ in range(10):
        fleet.minute()
    assert (fleet.alarms["service-down"], "OK") in fleet.told()[before:]


@pytest.mark.parametrize(("series", "id_"), [(WAITING, "requests-waiting"), (FIRST_TOKEN, "slow-first-token")])
def test_a_metric_that_vllm_renames_is_missed_by_the_name_of_its_alarm(tmp_path: Path, series: str, id_: str) -> None:
    def renamed() -> FakeVllm:
        return FakeVllm(contract(), renamed={series: f"{series}_v2"})

    with stage(tmp_path, case="dev", make=renamed) as running, pytest.raises(AssertionError, match=id_):
        rings_and_ends(running, id_)


def test_suppressed_alarms_are_those_of_the_table() -> None:
    told = [each for each in load_case(FLEET).graph.of_type(COMPOSITE) if "actionsSuppressor" in each.inputs]
    assert 0 < len(told) <= 8
    assert {each.inputs["actionsSuppressor"]["alarm"].rpartition("-dev-")[2] for each in told} == {"service-down"}
