"""One list of placeholders: the shipped prod file has each of them, and nothing else stands for an account."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from config.parse import parse
from config.placeholders import PLACEHOLDERS, left, refused, with_stand_ins
from config.stack_file import read_stack_file

ROOT = Path(__file__).resolve().parents[2]


def prod() -> dict[str, object]:
    return read_stack_file(stack="prod", root=ROOT)


def test_the_prod_file_has_every_placeholder() -> None:
    config = parse(stack="prod", raw=prod()).config
    assert config is not None
    assert left(config) == PLACEHOLDERS


def test_each_line_with_a_placeholder_says_so() -> None:
    lines = (ROOT / "Pulumi.prod.yaml").read_text(encoding="utf-8").splitlines()
    marked = [line for line in lines if line.endswith("# yours")]
    assert [any(entry.text in line for line in marked) for entry in PLACEHOLDERS] == [True] * len(PLACEHOLDERS)
    assert len(marked) == len(PLACEHOLDERS)


def test_the_dev_file_has_none() -> None:
    config = parse(stack="dev", raw=read_stack_file(stack="dev", root=ROOT)).config
    assert config is not None
    assert left(config) == ()


def test_each_is_refused_with_what_to_put_there() -> None:
    config = parse(stack="prod", raw=prod()).config
    assert config is not None
    problems = refused(config)
    assert [problem.path for problem in problems] == [entry.key for entry in PLACEHOLDERS]
    assert all("placeholder" in problem.message and problem.example for problem in problems)


def test_stand_ins_replace_exactly_these() -> None:
    before = prod()
    after, made = with_stand_ins(before)
    assert [replacement.key for replacement in made] == [entry.key for entry in PLACEHOLDERS]
    text = yaml.safe_dump(before)
    for entry in PLACEHOLDERS:
        text = text.replace(entry.text, entry.stand_in)
    assert yaml.safe_load(text) == after
    loaded = parse(stack="prod", raw=after)
    assert loaded.config is not None
    assert (loaded.problems, left(loaded.config)) == ((), ())


@pytest.mark.parametrize("mine", ["team@company.example", "replace-me@example.com.au"])
def test_what_a_user_wrote_is_left_alone(mine: str) -> None:
    given = {"aws:region": "us-east-1", "vllm:model": "a/b", "vllm:monitoring": {"notify": [mine]}}
    assert with_stand_ins(given) == (given, ())


def test_one_placeholder_among_addresses_is_found() -> None:
    entry = next(entry for entry in PLACEHOLDERS if entry.path == ("monitoring", "notify"))
    given = {"aws:region": "us-east-1", "vllm:model": "a/b", "vllm:monitoring": {"notify": ["a@b.example", entry.text]}}
    after, made = with_stand_ins(given)
    assert after["vllm:monitoring"] == {"notify": ["a@b.example", entry.stand_in]}
    assert len(made) == 1
