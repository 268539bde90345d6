"""From the journal to the log group: what arrives, when, and what becomes of trouble."""

from __future__ import annotations

import pytest

from tests.userdata.log_sender.stage import INSTANCE, Stage, entry
from userdata.files.aws_call.errors import CallError, NotSentError, RefusedError, UnansweredError
from userdata.files.log_sender import ship

THROTTLED = RefusedError(code="ThrottlingException", message="Rate exceeded", status=400)
DENIED = RefusedError(code="AccessDeniedException", message="not authorized", status=400)


def refused(code: str, status: int = 400) -> RefusedError:
    return RefusedError(code=code, message="", status=status)


def test_lines_are_sent_a_few_seconds_after_the_first(stage: Stage) -> None:
    stage.write(entry(1, "step gpus"), entry(2, "step gpus ok"), entry(3, "ready", unit="vllm-agent.service"))
    stage.sender.start()
    stage.take(3)
    stage.pass_s(ship.SEND_EVERY_S - 0.1)
    assert stage.api.calls == []
    stage.pass_s(0.1)
    assert stage.api.texts("boot") == ["step gpus", "step gpus ok"]
    assert stage.api.texts("agent") == ["ready"]
    made = [arguments for action, arguments in stage.api.calls if action == "CreateLogStream"]
    assert made == [
        {"logGroupName": "hosts", "logStreamName": f"{INSTANCE}/agent"},
        {"logGroupName": "hosts", "logStreamName": f"{INSTANCE}/boot"},
    ]


def test_a_boot_is_sent_from_its_beginning(stage: Stage) -> None:
    """The sender starts when cloud-init is nearly done, and its output is there."""
    stage.write(entry(1, "running modules", unit="cloud-init.service"))
    stage.sender.start()
    stage.take(1)
    stage.pass_s(5)
    assert stage.api.texts("cloud-init") == ["running modules"]
    assert stage.opened_at() == ["--boot"]


def test_a_restart_goes_on_where_the_last_batch_ended(stage: Stage) -> None:
    stage.write(*(entry(number, f"line {number}") for number in (1, 2)))
    stage.sender.start()
    stage.take(2)
    stage.pass_s(5)
    stage.write(entry(3, "line 3"))
    stage.take(1)  # and not sent
    stage.restart()
    stage.write(entry(4, "line 4"))
    stage.take(3)  # the last one that was sent comes again, too
    stage.pass_s(5)
    assert stage.api.texts("boot") == ["line 1", "line 2", "line 3", "line 4"]
    assert stage.opened_at()[1].startswith("--cursor s=aa;i=2;")


def test_what_is_full_is_sent_at_once_and_the_rest_waits_in_the_journal(stage: Stage) -> None:
    text = "x" * 60_000
    stage.write(*(entry(number, text) for number in range(1, 31)))
    stage.sender.start()
    stage.take(30)
    sent = len(stage.api.texts("boot"))
    assert 30 - ship.FULL_BYTES / 60_000 <= sent < 30
    stage.pass_s(5)
    assert stage.api.texts("boot") == [text] * 30


@pytest.mark.parametrize(
    "trouble", [THROTTLED, DENIED, NotSentError("no connection"), UnansweredError("no answer")], ids=type
)
def test_trouble_of_aws_loses_nothing_and_is_told_once(
    stage: Stage, trouble: CallError, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.api.failures = [("PutLogEvents", trouble)] * 9
    stage.write(entry(1, "line 1"))
    stage.sender.start()
    stage.take(1)
    stage.pass_s(5)
    assert stage.api.texts("boot") == ["line 1"]
    assert stage.pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    told = capsys.readouterr().err.splitlines()
    assert told == [
        f"vllm: logs: the log group does not take the lines of boot; they wait in the journal: {trouble}",
        "vllm: logs: the log group takes the lines of boot again",
    ]


def test_after_long_trouble_the_journal_is_opened_anew(stage: Stage) -> None:
    """journalctl was held up: files that journald has made and removed meanwhile it has not seen."""
    stage.api.failures = [("PutLogEvents", THROTTLED)] * 7
    stage.write(entry(1, "line 1"))
    stage.sender.start()
    stage.take(1)
    stage.pass_s(5)
    stage.write(entry(2, "line 2"))
    stage.take(2)
    stage.pass_s(5)
    assert [start.split()[0] for start in stage.opened_at()] == ["--boot", "--cursor"]
    assert stage.api.texts("boot") == ["line 1", "line 2"]


def test_what_the_journal_has_lost_is_counted(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.write(entry(1, "line 1"))
    stage.sender.start()
    stage.take(1)
    stage.pass_s(5)
    (stage.root / "journal").write_text(entry(9, "line 9") + "\n")
    stage.restart()
    stage.take(1)
    stage.pass_s(5)
    assert stage.api.texts("boot") == ["line 1", "line 9"]
    assert capsys.readouterr().err == "vllm: logs: lines that were dropped: at most 7; the journal no longer has them\n"


def test_a_place_that_is_none_is_forgotten(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    (stage.root / "cursor").write_text("half a cur")
    stage.write(entry(1, "line 1"))
    stage.sender.start()
    while not stage.sender.step(30):
        pass
    stage.pass_s(5)
    assert stage.api.texts("boot") == ["line 1"]
    assert stage.opened_at() == ["--cursor half a cur", "--boot"]
    assert "this boot is sent from its beginning" in capsys.readouterr().err


def test_a_journalctl_that_ends_is_started_again(stage: Stage) -> None:
    stage.write(entry(1, "line 1"), entry(2, "line 2"))
    stage.sender.start()
    stage.take(2)
    stage.sender.follow.close()
    stage.take(2)
    stage.pass_s(5)
    assert stage.api.texts("boot") == ["line 1", "line 2"]


def test_a_stream_that_somebody_deleted_is_made_again(stage: Stage) -> None:
    stage.write(entry(1, "line 1"))
    stage.sender.start()
    stage.take(1)
    stage.pass_s(5)
    stage.api.failures = [("PutLogEvents", refused("ResourceNotFoundException"))]
    stage.write(entry(2, "line 2"))
    stage.take(1)
    stage.pass_s(5)
    actions = [action for action, _ in stage.api.calls]
    assert actions == ["CreateLogStream", "PutLogEvents", "CreateLogStream", "PutLogEvents"]


def test_a_stream_of_before_a_restart_is_taken(stage: Stage) -> None:
    stage.api.failures = [("CreateLogStream", refused("ResourceAlreadyExistsException"))]
    stage.write(entry(1, "line 1"))
    stage.sender.start()
    stage.take(1)
    stage.pass_s(5)
    assert stage.api.texts("boot") == ["line 1"]


@pytest.mark.parametrize("code", ["InvalidParameterException", "SerializationException", "ValidationException"])
def test_what_aws_will_never_take_does_not_hold_up_the_rest(
    stage: Stage, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.api.failures = [("PutLogEvents", refused(code))] * 2  # all three, then the first alone
    stage.write(*(entry(number, f"line {number}") for number in (1, 2, 3)))
    stage.sender.start()
    stage.take(3)
    stage.pass_s(5)
    assert stage.api.texts("boot") == ["line 2", "line 3"]
    assert "lines of boot that were dropped: 1;" in capsys.readouterr().err


def test_lines_that_are_too_old_are_counted(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.api.answer = {"rejectedLogEventsInfo": {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}}
    stage.write(*(entry(number, f"line {number}") for number in (1, 2, 3)))
    stage.sender.start()
    stage.take(3)
    stage.pass_s(5)
    assert "lines of boot that were dropped: 2;" in capsys.readouterr().err


def test_only_what_is_not_taken_yet_comes_again_after_a_stop_in_trouble(stage: Stage) -> None:
    stage.api.failures = [("PutLogEvents", THROTTLED)] * 2
    stage.stops_after_pauses = 1
    stage.write(entry(1, "line 1"))
    stage.sender.start()
    stage.take(1)
    stage.pass_s(5)
    assert stage.api.texts("boot") == []
    assert not (stage.root / "cursor").exists()


def test_a_stop_sends_what_the_journal_has(stage: Stage) -> None:
    stage.stops_after_pauses = 0
    stage.write(entry(1, "draining", unit="vllm-agent.service"), entry(2, "drained", unit="vllm-agent.service"))
    stage.sender.run()
    assert stage.api.texts("agent") == ["draining", "drained"]
    assert not stage.sender.follow.is_open


def test_a_clock_that_steps_back_does_not_make_a_batch_that_aws_refuses(stage: Stage) -> None:
    at_ms = 1_780_000_000_000
    stage.write(entry(1, "before", at_ms=at_ms), entry(2, "after", at_ms=at_ms - 90_000_000))
    stage.sender.start()
    stage.take(2)
    stage.pass_s(5)
    puts = [arguments["logEvents"] for action, arguments in stage.api.calls if action == "PutLogEvents"]
    assert [[event["message"] for event in put] for put in puts] == [["after"], ["before"]]


def test_no_secret_leaves_the_host(stage: Stage) -> None:
    (stage.root / "secrets" / "config.yaml").write_text('api-key:\n- "my own odd key"\n')
    (stage.root / "secrets" / "hf_token").write_text("token-of-no-known-shape")
    stage.write(entry(1, "key my own odd key and token-of-no-known-shape", unit="vllm.service"))
    stage.sender.start()
    stage.take(1)
    stage.pass_s(5)
    assert stage.api.texts("vllm") == ["key [hidden] and [hidden]"]


def test_a_place_that_cannot_be_kept_is_told_and_stops_nothing(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    (stage.root / "cursor.partial").mkdir()
    stage.write(entry(1, "line 1"))
    stage.sender.start()
    stage.take(1)
    stage.pass_s(5)
    assert stage.api.texts("boot") == ["line 1"]
    assert "the place in the journal could not be kept" in capsys.readouterr().err
