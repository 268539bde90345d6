"""The publisher's round, minute by minute: what reaches CloudWatch, Prometheus and the journal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.userdata.publisher.series import text
from tests.userdata.publisher.stage import Stage
from userdata.files.aws_call.errors import NotSentError, UnansweredError


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(run_dir=tmp_path)


def test_a_minute_is_put_every_minute(stage: Stage) -> None:
    stage.vllm.text = text(running=2, tokens=100)
    stage.pass_s(181)
    assert len(stage.cloudwatch.sent) == 3
    assert stage.cloudwatch.sums()["GenerationTokens"] == 100
    counts = [
        sum(entry["Counts"])
        for request in stage.cloudwatch.sent
        for entry in request["MetricData"]
        if entry["MetricName"] == "RequestsRunning"
    ]
    assert counts == [1, 1, 1]


def test_nothing_is_counted_twice_or_lost_over_a_restart_of_the_publisher(stage: Stage) -> None:
    stage.vllm.text = text(tokens=100, latencies={"0.1": 5, "+Inf": 5})
    stage.pass_s(100)  # put at 60; 75 and 90 looked at, not put
    stage.vllm.text = text(tokens=130, latencies={"0.1": 7, "+Inf": 7})
    stage.pass_s(5)
    stage.begin()
    stage.pass_s(61)
    assert stage.cloudwatch.sums()["GenerationTokens"] == 130
    assert stage.cloudwatch.sums()["TimeToFirstToken"] == pytest.approx(0.7)


def test_a_stop_puts_what_was_seen_since_the_last_minute(stage: Stage) -> None:
    stage.vllm.text = text(tokens=100)
    stage.pass_s(61)
    stage.vllm.text = text(tokens=130)
    stage.loop.finish(stage.now_s)
    stage.begin()
    stage.pass_s(61)
    assert stage.cloudwatch.sums()["GenerationTokens"] == 130


def test_a_restart_of_vllm_counts_from_zero(stage: Stage) -> None:
    stage.vllm.text = text(tokens=100)
    stage.pass_s(61)
    stage.vllm.text = None
    stage.pass_s(60)
    stage.vllm.text = text(tokens=120, start=2000)
    stage.pass_s(60)
    assert stage.cloudwatch.sums()["GenerationTokens"] == 220


def test_while_vllm_does_not_answer_its_metrics_are_missing(stage: Stage) -> None:
    stage.pass_s(61)
    assert "RequestsRunning" not in stage.cloudwatch.sums()
    assert "GenerationTokens" not in stage.cloudwatch.sums()
    assert stage.cloudwatch.sums()["Restarts"] == 0


def test_an_outage_of_aws_costs_nothing_but_time(stage: Stage) -> None:
    stage.cloudwatch.trouble = NotSentError("no connection")
    for tokens in (100, 150, 175):
        stage.vllm.text = text(tokens=tokens)
        stage.pass_s(60)
    stage.begin()
    stage.cloudwatch.trouble = None
    stage.pass_s(61)
    assert stage.cloudwatch.sums()["GenerationTokens"] == 175
    times = [request["MetricData"][0]["Timestamp"] for request in stage.cloudwatch.sent]
    assert times == sorted(times)
    assert times[0] < times[1] < times[2]


def test_a_lost_answer_is_never_sent_again(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.vllm.text = text(tokens=100)
    stage.cloudwatch.trouble = UnansweredError("no answer")
    stage.pass_s(61)
    stage.cloudwatch.trouble = None
    stage.vllm.text = text(tokens=101)
    stage.pass_s(60)
    assert stage.cloudwatch.sums()["GenerationTokens"] == 1
    assert "a minute of metrics is given up" in capsys.readouterr().err


@pytest.mark.parametrize("state", ["", "[]", "{", '{"growth": {}}', '{"growth": 1, "counts": [], "kept": []}'])
def test_a_state_that_cannot_be_read_counts_nothing_twice(
    stage: Stage, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.vllm.text = text(tokens=100)
    stage.pass_s(61)
    (stage.run_dir / "publisher.json").write_text(state)
    stage.begin()
    stage.vllm.text = text(tokens=101)
    stage.pass_s(50)
    stage.vllm.text = text(tokens=103)
    stage.pass_s(11)
    assert stage.cloudwatch.sums()["GenerationTokens"] == 102  # one token is missing, none is double
    assert "counting begins now" in capsys.readouterr().err


def test_time_that_was_slept_through_is_not_made_up_for(stage: Stage) -> None:
    stage.vllm.text = text(running=1)
    stage.pass_s(1)
    stage.now_s += 3600
    asked = stage.vllm.asked
    stage.pass_s(1)
    assert stage.vllm.asked == asked + 1
    assert len(stage.cloudwatch.sent) == 1


def test_a_server_is_up_or_down_once_the_boot_is_done(stage: Stage) -> None:
    stage.pass_s(16)
    assert "vllm_host_vllm_up" not in stage.served()
    stage.boot_is_done()
    stage.pass_s(15)
    assert stage.served()["vllm_host_vllm_up"] == "0.0"
    assert stage.served()["vllm_host_boot_seconds"] == "321.5"
    stage.vllm.text = text()
    stage.pass_s(15)
    assert stage.served()["vllm_host_vllm_up"] == "1.0"


def test_a_host_has_load_from_the_end_of_its_boot_until_it_leaves_the_rotation(stage: Stage) -> None:
    stage.vllm.text = text(running=4, waiting=2)
    stage.pass_s(61)
    assert "Load" not in stage.cloudwatch.sums()
    stage.boot_is_done()
    stage.pass_s(60)
    assert stage.served()["vllm_host_load_ratio"] == "0.75"
    assert stage.cloudwatch.sums()["Load"] == 0.75
    (stage.run_dir / "out-of-rotation").touch()
    stage.pass_s(120)
    assert "vllm_host_load_ratio" not in stage.served()
    assert stage.cloudwatch.sums()["Load"] == 0.75


def test_an_idle_host_in_rotation_has_no_load_and_says_so(stage: Stage) -> None:
    stage.vllm.text = text()
    stage.boot_is_done()
    stage.pass_s(61)
    assert stage.cloudwatch.sums()["Load"] == 0


def test_a_server_that_does_not_answer_has_no_load(stage: Stage) -> None:
    stage.boot_is_done()
    stage.pass_s(61)
    assert "Load" not in stage.cloudwatch.sums()


def test_load_is_by_the_plan_for_this_hosts_own_type(stage: Stage) -> None:
    stage.vllm.text = text(running=4, waiting=2)
    (stage.run_dir / "type.env").write_text('GPUS_NEEDED="4"\nPLANNED_CONCURRENCY="24"\n')
    stage.boot_is_done()
    stage.pass_s(16)
    assert stage.served()["vllm_host_load_ratio"] == "0.25"


def test_a_server_that_was_stopped_on_purpose_is_not_down(stage: Stage) -> None:
    stage.boot_is_done()
    (stage.run_dir / "out-of-rotation").touch()
    stage.pass_s(16)
    assert "vllm_host_vllm_up" not in stage.served()


def test_a_stall_and_a_full_cache_are_served_and_put(stage: Stage) -> None:
    stage.vllm.text = text(running=1, waiting=2, cache=0.99, tokens=7)
    stage.pass_s(61)
    assert stage.served()["vllm_host_stalled_seconds"] == "60.0"
    assert stage.served()["vllm_host_cache_full_while_waiting"] == "1.0"
    assert stage.cloudwatch.sums()["StalledSeconds"] == 60
    assert stage.cloudwatch.sums()["CacheFullWhileWaiting"] == 1


def test_events_are_served_and_not_put(stage: Stage) -> None:
    folder = stage.run_dir / "counted"
    folder.mkdir()
    (folder / "RequestsCut").write_text("3\n4\n")
    (folder / "not a name").write_text("5\n")
    (folder / "StalledHosts").write_text("1\nnonsense\n")
    stage.pass_s(61)
    assert stage.served()['vllm_host_events_total{event="RequestsCut"}'] == "7.0"
    assert stage.served()['vllm_host_events_total{event="StalledHosts"}'] == "1.0"
    assert stage.served()['vllm_host_events_total{event="SpotInterruptions"}'] == "0.0"
    assert not {"RequestsCut", "StalledHosts", "BootSeconds"} & set(stage.cloudwatch.sums())


def test_the_status_says_how_fast_it_is(stage: Stage) -> None:
    stage.vllm.text = text(running=1, tokens=100)
    stage.pass_s(61)
    stage.vllm.text = text(running=1, tokens=700)
    stage.pass_s(60)
    first, second = (json.loads(line.removeprefix("vllm: status ")) for line in stage.said)
    assert (first["tokens_per_s"], second["tokens_per_s"]) == (None, 10.0)
    assert (second["running"], second["version"], second["up"]) == (1, "0.32.0", None)


def test_prometheus_gets_vllms_series_of_now_and_the_hosts(stage: Stage) -> None:
    stage.pass_s(1)
    stage.vllm.text = text(running=9)
    served = stage.loop.served_text()
    assert 'vllm:num_requests_running{engine="0",model_name="m"} 9\n' in served
    assert served.endswith(stage.loop.host_text)
    stage.vllm.text = None
    assert stage.loop.served_text() == stage.loop.host_text


def test_a_folder_that_cannot_be_written_stops_nothing(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    (stage.run_dir / "publisher.new").mkdir()
    stage.vllm.text = text(tokens=100)
    stage.pass_s(61)
    assert stage.cloudwatch.sums()["GenerationTokens"] == 100
    assert "was not written" in capsys.readouterr().err
