"""The engine's way in: everything is text there, and every key of the map must be seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pulumi
import pytest
from pulumi.runtime import set_all_config
from pulumi.runtime.config import CONFIG

from config.loaded import Loaded
from config.sources import load_pulumi, load_stack_file

ROOT = Path(__file__).parents[2]
DEV = {
    "aws:region": "us-east-1",
    "vllm:model": "meta-llama/Llama-3.1-8B-Instruct",
    "vllm:serving": '{"maxModelLen":8192,"typicalTokens":2048}',
    "vllm:cache": '{"protect":false}',
    "vllm:budget": "{}",
    "vllm:target": "aws",
}


@pytest.fixture(autouse=True)
def _own_configuration() -> Iterator[None]:
    before = dict(CONFIG.get())
    pulumi.runtime.configure(pulumi.runtime.Settings(project="vllm", stack="dev"))
    yield
    set_all_config(before, [])


def load(values: dict[str, str], *, secret_keys: list[str] | None = None) -> Loaded:
    set_all_config(values, secret_keys or [])
    return load_pulumi()


def test_engine_and_file_give_the_same_configuration() -> None:
    assert load(DEV) == load_stack_file(stack="dev", root=ROOT)


def test_an_unknown_section_is_seen() -> None:
    assert [problem.path for problem in load({**DEV, "vllm:servng": "{}"}).problems] == ["vllm:servng"]


def test_broken_json_is_a_section_of_the_wrong_type() -> None:
    (problem,) = load({**DEV, "vllm:serving": "{maxModelLen: 8192"}).problems
    assert problem.path == "vllm:serving"
    assert "not text" in problem.message


def test_a_model_may_be_an_object() -> None:
    loaded = load({**DEV, "vllm:model": '{"id":"a/b","revision":"main"}'})
    assert loaded.config is not None
    assert loaded.config.model.revision == "main"


def test_the_environment_of_a_language_host_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", '{"aws:region":"eu-west-1","vllm:model":"a/b","vllm:zzz":"1"}')
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", '["vllm:model"]')
    loaded = load({})
    assert sorted(problem.path for problem in loaded.problems) == ["vllm:model", "vllm:zzz"]


def test_secret_keys_of_the_engine_are_refused_where_nothing_may_be_secret() -> None:
    (problem,) = load(DEV, secret_keys=["vllm:serving"]).problems
    assert problem.path == "vllm:serving"


def test_a_placeholder_left_is_refused_here_but_not_in_a_plan() -> None:
    notify = '{"notify":["replace-me@example.com"]}'
    (problem,) = load({**DEV, "vllm:monitoring": notify}).problems
    assert problem.path == "vllm:monitoring.notify"
    assert "placeholder" in problem.message
    assert load_stack_file(stack="prod", root=ROOT).problems == ()


def test_a_long_stack_name_is_refused() -> None:
    pulumi.runtime.configure(pulumi.runtime.Settings(project="vllm", stack="x" * 41))
    (problem,) = load(DEV).problems
    assert (problem.path, problem.given) == ("stack", "x" * 41)
    assert "1 to 40" in problem.allowed
