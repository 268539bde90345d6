"""``ops alarms`` against an emulated AWS: what is listed, what a test does, what it leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.drill import OVER, TEST, Asked, Drill, Outcome
from ops.rollout import Clock
from ops.stack_alarms import StackAlarms
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from tests.ops.alarm_stack import (
    ADDRESS,
    BOOT_LOOP,
    DOWN,
    GPU,
    LAUNCH_RULE,
    NO_HOST,
    RINGING,
    SLOW,
    SLOW_TOLD,
    WAIT_S,
    AlarmStack,
    alarm_stack,
)
from tests.ops.deployed_stack import Folder, make_folder


@pytest.fixture
def wall() -> ManualClock:
    return ManualClock()


@pytest.fixture
def stack(wall: ManualClock) -> Iterator[AlarmStack]:
    with EmulatedAws(wall=wall) as aws:
        yield alarm_stack(aws)


@pytest.fixture
def folder(stack: AlarmStack, tmp_path: Path) -> Folder:
    return make_folder(tmp_path, outputs=stack.outputs, environment=stack.aws.environment())


@pytest.fixture
def heard(stack: AlarmStack) -> None:
    """Somebody gets the messages."""
    stack.aws.client("sns").subscribe(TopicArn=stack.topic_arn, Protocol="email", Endpoint=ADDRESS)


def alarms_of(stack: AlarmStack) -> StackAlarms:
    return StackAlarms(
        cloudwatch=stack.cloudwatch,
        sns=stack.aws.client("sns"),
        events=stack.aws.client("events"),
        stack="dev",
        topic_arn=stack.topic_arn,
    )


def ignore(_line: str) -> None:
    pass


def drill(stack: AlarmStack, wall: ManualClock, *ids: str, said: list[str] | None = None) -> list[Outcome]:
    alarms = alarms_of(stack)
    watched = alarms.watched()
    asked = [Asked.of(alarm, watched) for alarm in watched.alarms if alarm.id in ids]
    clock = Clock(now_s=wall.seconds, sleep=wall.advance)
    return Drill(alarms=alarms, margin_s=60, clock=clock, say=(said if said is not None else []).append).run(asked)


def test_each_condition_of_the_stack_is_listed_once(stack: AlarmStack, folder: Folder) -> None:
    stack.ring(BOOT_LOOP)
    done = folder.ops("alarms", "list", "--stack", "dev")
    assert done.returncode == 0, done.stderr
    head, *lines, total = done.stdout.splitlines()
    assert head.split() == ["alarm", "state", "since", "severity", "why"]
    assert [line.split()[0] for line in lines] == [
        "boot-loop",
        "no-healthy-host",
        "slow-first-token",
        "gpu-xid",
        "service-down",
        "failed-launch",
    ]
    assert lines[0].split(maxsplit=4)[:2] == ["boot-loop", "RINGS"]
    assert lines[0].endswith(f"critical  {RINGING}")
    assert total == "1 of 5 alarms rings"


def test_a_list_as_json_says_who_tells(stack: AlarmStack, folder: Folder) -> None:
    done = folder.ops("alarms", "list", "--stack", "dev", "--json")
    document = json.loads(done.stdout)
    told_by = {alarm["id"]: alarm["told_by"] for alarm in document["alarms"]}
    assert told_by["slow-first-token"] == SLOW_TOLD
    assert told_by["no-healthy-host"] == DOWN
    assert told_by["gpu-xid"] == GPU
    assert document["events"] == [{"id": "failed-launch", "name": LAUNCH_RULE, "enabled": True}]
    assert {alarm["severity"] for alarm in document["alarms"]} == {"critical", "warning"}


def test_a_consequence_that_its_cause_silences_is_listed_so(stack: AlarmStack, folder: Folder) -> None:
    stack.ring(NO_HOST)
    stack.ring(SLOW, "p95 is 9 s")
    shown = folder.ops("alarms", "list", "--stack", "dev").stdout
    assert "p95 is 9 s (not told: service-down rings)" in shown


def test_an_alarm_is_set_told_of_and_put_back(stack: AlarmStack, folder: Folder, heard: None) -> None:
    before = stack.states()
    done = folder.ops("alarms", "test", "gpu-xid", "--stack", "dev")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("ok     gpu-xid (")
    assert f"told: {ADDRESS}" in done.stdout
    assert stack.summaries(GPU) == [f"Successfully executed action {stack.topic_arn}"]
    assert stack.states() == before
    reasons = [alarm["StateReason"] for alarm in stack.cloudwatch.describe_alarms(AlarmNames=[GPU])["MetricAlarms"]]
    assert reasons == [OVER]


def test_without_an_id_one_quiet_alarm_that_no_other_follows_is_tested(
    stack: AlarmStack, folder: Folder, heard: None
) -> None:
    stack.ring(GPU)
    done = folder.ops("alarms", "test", "--stack", "dev", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(done.stdout)
    assert [(alarm["id"], alarm["passed"]) for alarm in document["alarms"]] == [("boot-loop", True)]
    assert document["subscribers"] == [{"protocol": "email", "endpoint": ADDRESS, "confirmed": True}]
    assert document["passed"] is True


def test_a_message_that_nobody_gets_is_a_failure(stack: AlarmStack, folder: Folder) -> None:
    done = folder.ops("alarms", "test", "gpu-xid", "--stack", "dev")
    assert done.returncode == 1
    assert "ok     gpu-xid" in done.stdout
    assert "FAILED nobody gets the messages: set vllm:monitoring.notify" in done.stdout


def test_a_message_that_cannot_go_out_is_a_failure(stack: AlarmStack, folder: Folder, heard: None) -> None:
    before = stack.states()
    stack.aws.client("sns").delete_topic(TopicArn=stack.topic_arn)
    (outcome,) = drill(stack, ManualClock(), "gpu-xid")
    assert not outcome.passed
    assert outcome.detail.startswith(f"Failed to execute action {stack.topic_arn}")
    assert stack.states() == before


def test_a_consequence_is_told_when_its_suppressor_has_stayed_silent(stack: AlarmStack, wall: ManualClock) -> None:
    before = stack.states()
    said: list[str] = []
    (outcome,) = drill(stack, wall, "slow-first-token", said=said)
    assert (outcome.passed, outcome.alarm) == (True, SLOW_TOLD)
    assert WAIT_S <= outcome.duration_s <= WAIT_S + 60
    assert said[0] == f"slow-first-token: CloudWatch waits up to {WAIT_S} s for {DOWN} before it tells"
    assert stack.states() == before


def test_a_consequence_is_not_set_while_its_cause_rings(stack: AlarmStack, wall: ManualClock) -> None:
    stack.ring(NO_HOST)
    (outcome,) = drill(stack, wall, "slow-first-token")
    assert not outcome.passed
    assert outcome.detail == "not set: nobody is told of it while service-down rings"
    assert stack.states()[SLOW_TOLD] != "ALARM"


def test_all_of_them_are_tested_and_causes_do_not_silence_consequences(stack: AlarmStack, wall: ManualClock) -> None:
    before = stack.states()
    outcomes = drill(stack, wall, "slow-first-token", "service-down", "gpu-xid", "boot-loop")
    assert {outcome.id: outcome.passed for outcome in outcomes} == {
        "slow-first-token": True,
        "service-down": True,
        "gpu-xid": True,
        "boot-loop": True,
    }
    assert stack.states() == before


def test_an_alarm_that_rings_is_left_alone(stack: AlarmStack, wall: ManualClock) -> None:
    stack.ring(GPU, "Xid 79")
    (outcome,) = drill(stack, wall, "gpu-xid")
    assert outcome.passed
    assert outcome.detail == "not set, because it rings by itself; its message has gone out"
    (alarm,) = stack.cloudwatch.describe_alarms(AlarmNames=[GPU])["MetricAlarms"]
    assert (alarm["StateValue"], alarm["StateReason"]) == ("ALARM", "Xid 79")


def test_what_a_host_says_meanwhile_stays(stack: AlarmStack, wall: ManualClock) -> None:
    """A boot loop that comes during its own test is not ended by the end of the test."""
    alarms = alarms_of(stack)
    watched = alarms.watched()
    asked = [Asked.of(alarm, watched) for alarm in watched.alarms if alarm.id == "boot-loop"]
    said = iter([lambda: stack.ring(BOOT_LOOP)])
    Drill(alarms=alarms, margin_s=60, clock=Clock(), say=lambda _: next(said, lambda: None)()).run(asked)
    assert stack.states()[BOOT_LOOP] == "ALARM"


def test_an_interrupted_test_puts_back_what_it_set(stack: AlarmStack, wall: ManualClock) -> None:
    before = stack.states()

    def interrupt(_seconds: float) -> None:
        assert stack.states()[SLOW_TOLD] == "ALARM"
        raise KeyboardInterrupt

    alarms = alarms_of(stack)
    watched = alarms.watched()
    asked = [Asked.of(alarm, watched) for alarm in watched.alarms if alarm.id == "slow-first-token"]
    patient = Drill(alarms=alarms, margin_s=60, clock=Clock(now_s=wall.seconds, sleep=interrupt), say=ignore)
    with pytest.raises(KeyboardInterrupt):
        patient.run(asked)
    assert stack.states() == before


def test_actions_that_are_switched_off_are_a_failure(stack: AlarmStack, wall: ManualClock) -> None:
    stack.cloudwatch.disable_alarm_actions(AlarmNames=[GPU])
    (outcome,) = drill(stack, wall, "gpu-xid")
    assert not outcome.passed
    assert f"enable-alarm-actions --alarm-names {GPU}" in outcome.detail


@pytest.mark.parametrize(
    ("wanted", "message"),
    [("gpu-xidd", "did you mean gpu-xid?"), ("failed-launch", "events that only Auto Scaling may send")],
)
def test_what_cannot_be_tested_is_refused(folder: Folder, wanted: str, message: str) -> None:
    done = folder.ops("alarms", "test", wanted, "--stack", "dev")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "gpu-xid" in done.stderr


def test_an_id_and_all_of_them_do_not_go_together(folder: Folder) -> None:
    assert folder.ops("alarms", "test", "gpu-xid", "--all", "--stack", "dev").returncode == 2


def test_a_stack_without_alarms_says_so(stack: AlarmStack, folder: Folder) -> None:
    topic = stack.aws.client("sns").create_topic(Name="other")["TopicArn"]
    folder.deploy("dev", {"alarm_topic_arn": topic})
    done = folder.ops("alarms", "list", "--stack", "dev", "--json")
    assert done.returncode == 1
    (error,) = json.loads(done.stdout)["errors"]
    assert "no alarm publishes to the stack's topic" in error["message"]


def test_the_test_is_marked_as_one(stack: AlarmStack, folder: Folder, heard: None) -> None:
    folder.ops("alarms", "test", "gpu-xid", "--stack", "dev")
    items = stack.cloudwatch.describe_alarm_history(AlarmName=GPU, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert TEST in items[1]["HistoryData"]
