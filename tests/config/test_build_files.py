"""The files of an own image are looked at before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import build_files
from config.errors import Problem
from config.models import StackConfig

GOOD_DOCKERFILE = "# syntax=docker/dockerfile:1\nARG BASE\nFROM ${BASE}\nRUN pip install x==1\n"


def problems(root: Path, **build: object) -> tuple[Problem, ...]:
    sections = {"stack": "mine", "region": "us-east-1", "model": {"id": "a/b"}, "image": {"build": build}}
    return tuple(build_files.problems(StackConfig.model_validate(sections), root=root))


def test_packages_need_no_file(tmp_path: Path) -> None:
    assert problems(tmp_path, packages=["librosa==0.11.0"]) == ()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, chatTemplates="chat-templates")
    assert problem.path == "vllm:image.build.chatTemplates"
    assert "mkdir chat-templates" in problem.message


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "chat-templates/more").mkdir(parents=True)
    (problem,) = problems(tmp_path, chatTemplates="chat-templates")
    assert "empty" in problem.message


def test_a_folder_with_a_template_is_good(tmp_path: Path) -> None:
    (tmp_path / "chat-templates").mkdir()
    (tmp_path / "chat-templates/mine.jinja").write_text("{{ messages }}")
    assert problems(tmp_path, chatTemplates="chat-templates") == ()


@pytest.mark.parametrize(
    "text",
    [
        GOOD_DOCKERFILE,
        "ARG BASE=vllm/vllm-openai:v0.32.0\nFROM $BASE\n",
        "arg BASE\nfrom --platform=linux/amd64 ${BASE} AS final\n",
        "ARG BASE\nFROM busybox AS files\nFROM ${BASE}\nCOPY --from=files /bin /x\n",
    ],
)
def test_a_dockerfile_on_top_of_the_base_is_good(text: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(text)
    assert problems(tmp_path, dockerfile="Dockerfile") == ()


@pytest.mark.parametrize(
    "text",
    [
        "FROM vllm/vllm-openai:latest\n",
        "ARG BASE\nFROM vllm/vllm-openai\n",
        "FROM ${BASE}\n",
        "# ARG BASE\nFROM $BASED\n",
    ],
)
def test_a_dockerfile_on_top_of_something_else_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(text)
    (problem,) = problems(tmp_path, dockerfile="Dockerfile")
    assert problem.path == "vllm:image.build.dockerfile"
    assert "FROM ${BASE}" in problem.message


def test_a_dockerfile_that_is_not_there_is_named(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, dockerfile="image/Dockerfile")
    assert (problem.given, problem.message) == ("image/Dockerfile", "there is no such text file")
