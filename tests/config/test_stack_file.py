"""Reading the file: a mistake in it ends in a sentence, never in a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import ConfigError, Problem
from config.sources import load_stack_file
from config.stack_file import read_stack_file

ROOT = Path(__file__).parents[2]


def refused(root: Path, text: str | bytes, *, stack: str = "dev") -> Problem:
    (root / "Pulumi.dev.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        read_stack_file(stack=stack, root=root)
    return caught.value.problems[0]


def test_the_dev_stack_is_good() -> None:
    loaded = load_stack_file(stack="dev", root=ROOT)
    assert loaded.problems == ()
    assert loaded.config is not None
    assert loaded.config.model.id == "meta-llama/Llama-3.1-8B-Instruct"
    assert loaded.config.serving.max_model_len == 8192
    assert loaded.config.cache.protect is False


def test_a_missing_file_names_those_that_exist(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").touch()
    problem = refused(tmp_path, "", stack="prd")
    assert problem.allowed == "dev, prod"
    assert "did you mean prod?" in problem.message
    assert problem.example == "--stack prod"


def test_an_empty_folder_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="run from the repository root"):
        read_stack_file(stack="dev", root=tmp_path)


@pytest.mark.parametrize("stack", ["", "../dev", "a/b", "a b", "x" * 41])
def test_what_is_no_stack_name_is_not_looked_for(tmp_path: Path, stack: str) -> None:
    assert "not the name of a stack" in refused(tmp_path, "config: {}", stack=stack).message


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("config:\n  vllm:model: [a\n", "line 3, column 1"),
        ("config:\n\tvllm:model: a\n", "line 2, column 1"),
        ("config:\n  a: b: c\n", "line 2, column 7"),
        ("config: *unknown\n", "line 1, column 9"),
        ("config:\n  vllm:model: a/b\n  vllm:model: c/d\n", "line 3, column 3"),
        ("config: !!python/object:os.system {}\n", "line 1, column 9"),
        ("config:\n  a: !!binary aGVsbG8=\n", "line 2, column 6"),
        ("config:\n  a: !!timestamp 2026-01-01\n", "line 2, column 6"),
        ("config:\n  a: {? [b, c] : d}\n", "line 2, column 9"),
        ("config:\n  a: !!int b\n", "line 2, column 6"),
        ("config:\n  a: !!bool b\n", "line 2, column 6"),
        (f"config:\n  a: {'1' * 5000}\n", "line 2, column 6"),
    ],
)
def test_broken_yaml_names_line_and_column(tmp_path: Path, text: str, where: str) -> None:
    problem = refused(tmp_path, text)
    assert problem.path == "Pulumi.dev.yaml"
    assert where in problem.message


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"config: \x00"])
def test_what_is_no_text_is_said_to_be_none(tmp_path: Path, text: bytes) -> None:
    assert "not a text file" in refused(tmp_path, text).message


@pytest.mark.parametrize(
    "text",
    [
        f"config:\n  a: {'[' * 2000}{']' * 2000}\n",
        f"config:\n  a: {'[' * 40}{']' * 40}\n",
        "config: &a\n  b: *a\n",
        "config:\n  a: &a [x, *a]\n",
        "config:\n  a: &a [" + "1, " * 99 + "1]\n  b: &b [" + "*a, " * 99 + "*a]\n  c: [" + "*b, " * 99 + "*b]\n",
    ],
    ids=["deep", "deeper-than-any-key", "holds-itself", "list-holds-itself", "a-million-aliases"],
)
def test_what_has_no_end_is_refused_at_once(tmp_path: Path, text: str) -> None:
    assert "nested too deeply" in refused(tmp_path, text).message


def test_an_alias_is_as_good_as_its_text(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {a: &x [b], c: *x}")
    assert read_stack_file(stack="dev", root=tmp_path) == {"a": ["b"], "c": ["b"]}


def test_a_folder_in_the_place_of_the_file_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").mkdir()
    with pytest.raises(ConfigError, match=r"there is no Pulumi\.dev\.yaml here"):
        read_stack_file(stack="dev", root=tmp_path)


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("- a\n", "Pulumi.dev.yaml", "not a mapping"),
        ("just text", "Pulumi.dev.yaml", "not a mapping"),
        ("config: [a]\n", "config", "not a mapping"),
        ("vllm:model: a/b\n", "vllm:model", "indent it under config:"),
        ("confg: {}\n", "confg", "did you mean config?"),
        ("other: {}\n", "other", "remove it"),
    ],
)
def test_the_wrong_shape_is_explained(tmp_path: Path, text: str, path: str, message: str) -> None:
    problem = refused(tmp_path, text)
    assert problem.path == path
    assert message in problem.message


@pytest.mark.parametrize("text", ["", "config:\n", "encryptionsalt: v1:abc\n"])
def test_an_empty_file_lacks_model_and_region(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(text)
    loaded = load_stack_file(stack="dev", root=tmp_path)
    assert sorted(problem.path for problem in loaded.problems) == ["aws:region", "vllm:model"]


def test_words_are_booleans_only_where_the_engine_takes_them_for_some(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {a: no, b: true, c: 2026-01-31, d: off, e: 0.90}")
    assert read_stack_file(stack="dev", root=tmp_path) == {
        "a": "no",
        "b": True,
        "c": "2026-01-31",
        "d": "off",
        "e": 0.9,
    }
