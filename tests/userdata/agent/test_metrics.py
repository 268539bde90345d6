"""Progress in the text that vLLM 0.32.0 exports, taken from a server at work."""

from __future__ import annotations

import pytest

from userdata.files.agent.metrics import load_of

TEXT = """\
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 2.0
vllm:num_requests_waiting{engine="0",model_name="m"} 5.0
vllm:num_requests_waiting_by_reason{engine="0",model_name="m",reason="capacity"} 5.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.0011597387535859927
vllm:prompt_tokens_total{engine="0",model_name="m"} 4005.0
vllm:generation_tokens_total{engine="0",model_name="m"} 2.0
vllm:request_success_total{engine="0",finished_reason="length",model_name="m"} 2.0
http_requests_total{handler="/v1/completions",method="POST",status="2xx"} 7.0
process_cpu_seconds_total 12.5
"""


def test_requests_are_those_that_run_and_wait() -> None:
    assert load_of(TEXT).requests == 7


def test_requests_of_all_engines_count() -> None:
    assert load_of(TEXT + 'vllm:num_requests_running{engine="1",model_name="m"} 3.0\n').requests == 10


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # One chunk of a long prompt: nothing else moves, for as long as it takes.
        ("0.0011597387535859927", "0.0018311664530306082"),
        ('generation_tokens_total{engine="0",model_name="m"} 2.0', 'generation_tokens_total{engine="0"} 3.0'),
        ('finished_reason="length",model_name="m"} 2.0', 'finished_reason="length",model_name="m"} 3.0'),
        ("4005.0", "8005.0"),
    ],
)
def test_work_changes_the_signature(before: str, after: str) -> None:
    assert before in TEXT
    assert load_of(TEXT).signature != load_of(TEXT.replace(before, after)).signature


@pytest.mark.parametrize("line", ['status="2xx"} 7.0', "process_cpu_seconds_total 12.5"])
def test_what_moves_in_a_hung_engine_too_is_no_progress(line: str) -> None:
    assert load_of(TEXT).signature == load_of(TEXT.replace(line, f"{line[:-3]}9.9")).signature


def test_a_text_without_the_series_says_nothing() -> None:
    load = load_of("python_info 1.0\nvllm:num_requests_running\n\n")
    assert load.requests == 0
    assert load_of("python_info 1.0\n").signature == ()
