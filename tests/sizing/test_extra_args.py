"""``serving.extraArgs`` against the command line of the real pinned vLLM."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import yaml

from config.models import StackConfig
from sizing.extra_args import arguments, more_than_a_line, problems
from sizing.flag_values import wrong_value
from sizing.flags import PINNED_VERSION, pinned_flags
from sizing.owned_flags import OWNED
from sizing.planner import make_plan

FLAGS = pinned_flags()


def only_problem(extra: dict[str, Any]) -> tuple[str, str, str]:
    (problem,) = problems(extra, FLAGS)
    return problem.path, problem.message, problem.example


def test_the_snapshot_is_of_the_pinned_version() -> None:
    assert FLAGS.version == PINNED_VERSION
    assert len(FLAGS.flags) > 300
    assert "fp8" in FLAGS.kv_cache_dtypes


def test_every_owned_flag_exists() -> None:
    assert all(FLAGS.find(name) for name in OWNED)


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"enable-auto-tool-choice": True}, ("--enable-auto-tool-choice",)),
        ({"enable-prefix-caching": False}, ("--no-enable-prefix-caching",)),
        ({"tool-call-parser": "llama3_json"}, ("--tool-call-parser", "llama3_json")),
        ({"max-num-queued-reqs": 64}, ("--max-num-queued-reqs", "64")),
        ({"lora-modules": ["a=b", "c=d"]}, ("--lora-modules", "a=b", "c=d")),
        ({"middleware": ["one", "two"]}, ("--middleware", "one", "--middleware", "two")),
        ({"seed": 1, "max-log-len": 100}, ("--max-log-len", "100", "--seed", "1")),
        ({}, ()),
    ],
)
def test_good_flags_become_arguments(extra: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert problems(extra, FLAGS) == ()
    assert arguments(extra, FLAGS) == expected


@pytest.mark.parametrize("name", ["max-modl-len", "swap-space", "disable-log-requests", "no_such"])
def test_an_unknown_flag_is_refused(name: str) -> None:
    path, message, _ = only_problem({name: 4})
    assert path == f"vllm:serving.extraArgs.{name}"
    assert f"vLLM {PINNED_VERSION} does not know the flag --{name}" in message


def test_a_removed_flag_says_what_became_of_it() -> None:
    assert "no longer swaps" in only_problem({"swap-space": 4})[1]


def test_a_slip_of_the_pen_is_recognised() -> None:
    assert "did you mean enable-prefix-caching" in only_problem({"enable-prefix-cachng": True})[1]
    assert "vllm:serving.maxModelLen" in only_problem({"max-modl-len": 4})[1]


@pytest.mark.parametrize("name", OWNED)
def test_a_flag_of_the_program_is_refused_with_what_to_use(name: str) -> None:
    _, message, example = only_problem({name: "x"})
    owned = OWNED[name]
    assert f"the program sets --{name} itself" in message
    assert example == (owned.use or "leave it out")
    assert (owned.use or owned.why) in message


def test_another_spelling_of_an_owned_flag_is_refused_too() -> None:
    assert "the program sets --max-model-len itself" in only_problem({"max_model_len": 4096})[1]


def test_a_key_is_never_repeated_in_the_report() -> None:
    (problem,) = problems({"api-key": "sk-very-secret"}, FLAGS)
    assert "sk-very-secret" not in problem.render()


@pytest.mark.parametrize(
    ("extra", "allowed"),
    [
        ({"enforce-eager": "yes"}, "true or false"),
        ({"aggregate-engine-logging": False}, "true, or leave it out"),
        ({"max-log-len": True}, "not a switch"),
        ({"seed": "abc"}, "a whole number"),
        ({"seed": 1.5}, "a whole number"),
        ({"max-log-len": "1k"}, "a whole number"),  # vLLM reads k only where the snapshot says count
        ({"max-num-queued-tokens": "1.5K"}, "8k (8000)"),
        ({"kv-offloading-size": "big"}, "a number"),
        ({"limit-mm-per-prompt": "image=1"}, "JSON"),
        ({"allowed-origins": "*"}, "JSON"),
        ({"collect-detailed-traces": ["model", "sparks"]}, "one or more of: all, model, worker"),
        ({"cudagraph-capture-sizes": [1, "two"]}, "a whole number"),
        ({"hf-overrides": True}, "not a switch"),
        ({"seed": ["1", "2"]}, "one value"),
        ({"load-format": ["a", "b"]}, "one value"),
        ({"scheduling-policy": "lifo"}, "fcfs, priority"),
    ],
)
def test_a_value_that_the_flag_does_not_take(extra: dict[str, Any], allowed: str) -> None:
    (problem,) = problems(extra, FLAGS)
    (name,) = extra
    assert allowed in problem.allowed
    assert problem.path == f"vllm:serving.extraArgs.{name}"
    assert f"--{name} of vLLM {PINNED_VERSION}" in problem.message
    assert not problems({name: yaml.safe_load(problem.example)[name]}, FLAGS), "the example is a good one"


@pytest.mark.parametrize(
    "extra",
    [
        {"max-num-queued-tokens": "8k"},
        {"max-num-queued-tokens": "8K"},
        {"max-num-queued-tokens": "25.6k"},
        {"kv-offloading-size": 1.5},
        {"limit-mm-per-prompt": '{"image": 2}'},
        {"compilation-config": '{"max_cudagraph_capture_size": 1k}'},
        {"cudagraph-capture-sizes": [1, 2, 4]},
    ],
)
def test_values_may_be_written_as_vllm_reads_them(extra: dict[str, Any]) -> None:
    assert problems(extra, FLAGS) == ()


def test_what_the_program_passes_is_of_the_kind_that_vllm_takes(config_of: Callable[..., StackConfig]) -> None:
    plan = make_plan(config_of("Qwen/Qwen2.5-VL-7B-Instruct", serving={"kvCacheDtype": "fp8"}))
    words = plan.vllm_args[1:]
    pairs = [(a, b) for a, b in pairwise(words) if a.startswith("--")]
    assert len(pairs) > 8
    for spelling, value in pairs:
        flag = FLAGS.find(spelling.removeprefix("--"))
        assert flag is not None, spelling
        assert wrong_value(flag.name, value, flag) is None, spelling


def test_a_value_that_a_host_cannot_be_given_is_found_while_planning() -> None:
    template = "{% for m in messages %}\n{{ m }}{% endfor %}"
    found = more_than_a_line({"chat-template": template, "middleware": ["a", "b\tc"], "seed": 1, "lora": True})
    assert [problem.path for problem in found] == [
        "vllm:serving.extraArgs.chat-template",
        "vllm:serving.extraArgs.middleware",
    ]
    assert found[0].given == repr(template)
    assert found[1].example == "middleware: b c"
