"""``ops alarms`` on all that the program makes: each alarm is listed by its id, each message can be tested."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitoring.conditions import EventCondition
from monitoring.table import WATCHES
from ops.alarms_seen import one_per_message
from ops.drill import Asked, Drill
from ops.rollout import Clock
from ops.stack_alarms import StackAlarms
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from tests.ops.deployed_stack import STACK_FILE, make_folder
from tests.program.cases import load_case
from tests.program.ringing.stack_alarms import put_alarms

pytestmark = pytest.mark.e2e  # every alarm of a stack, one after the other

STACK = "prod"
"""With a certificate: it has every alarm."""


@pytest.fixture
def wall() -> ManualClock:
    return ManualClock()


@pytest.fixture
def aws(wall: ManualClock) -> Iterator[EmulatedAws]:
    with EmulatedAws(wall=wall) as started:
        yield started


def program_alarms(aws: EmulatedAws) -> StackAlarms:
    cloudwatch, sns = aws.client("cloudwatch"), aws.client("sns")
    topic = sns.create_topic(Name="vllm-alarms")["TopicArn"]
    put_alarms(cloudwatch, load_case(STACK).graph, topic=topic)
    return StackAlarms(cloudwatch=cloudwatch, sns=sns, events=aws.client("events"), stack=STACK, topic_arn=topic)


def test_each_alarm_of_the_table_is_listed_and_told_by_something(aws: EmulatedAws, tmp_path: Path) -> None:
    alarms = program_alarms(aws)
    folder = make_folder(tmp_path, outputs=None, environment=aws.environment())
    folder.stack_file(STACK).write_text(STACK_FILE)
    folder.deploy(STACK, {"alarm_topic_arn": alarms.topic_arn})
    done = folder.ops("alarms", "list", "--stack", STACK, "--json")
    assert done.returncode == 0, done.stdout
    listed = json.loads(done.stdout)["alarms"]
    expected = {watch.id for watch in WATCHES if not isinstance(watch.condition, EventCondition)}
    assert {alarm["id"] for alarm in listed} == expected
    assert [alarm["id"] for alarm in listed if alarm["told_by"] is None or alarm["not_told"]] == []
    assert {alarm["severity"] for alarm in listed} == {"critical", "warning"}


def test_every_message_of_the_program_goes_out_and_every_state_comes_back(aws: EmulatedAws, wall: ManualClock) -> None:
    alarms = program_alarms(aws)
    before = {alarm.name: alarm.state for alarm in alarms.watched().alarms}
    watched = alarms.watched()
    asked = [Asked.of(alarm, watched) for alarm in one_per_message(watched)]
    clock = Clock(now_s=wall.seconds, sleep=wall.advance)
    outcomes = Drill(alarms=alarms, margin_s=60, clock=clock, say=ignore).run(asked)
    assert [outcome for outcome in outcomes if not outcome.passed] == []
    assert {outcome.alarm for outcome in outcomes} == {alarm.name for alarm in watched.alarms if alarm.acts}
    assert {alarm.name: alarm.state for alarm in alarms.watched().alarms} == before


def ignore(_line: str) -> None:
    pass
