"""Whether the files of ``image.build`` are there and fit for it; paths start at the folder of ``Pulumi.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from config.errors import Problem
from config.models import StackConfig

BASE_ARGUMENT = re.compile(r"^\s*ARG\s+BASE\b", re.IGNORECASE | re.MULTILINE)
FROM_BASE = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*\$(?:\{BASE\}|BASE\b)", re.IGNORECASE | re.MULTILINE)


def problems(config: StackConfig, *, root: Path) -> Iterator[Problem]:
    """What would make the build fail, said before anything else is done."""
    build = config.image.build
    if build is None:
        return
    if build.chat_templates is not None:
        yield from _templates(build.chat_templates, root=root)
    if build.dockerfile is not None:
        yield from _dockerfile(build.dockerfile, root=root)


def _templates(path: str, *, root: Path) -> Iterator[Problem]:
    folder = root / path
    if folder.is_dir() and any(each.is_file() for each in folder.rglob("*")):
        return
    yield Problem(
        path="vllm:image.build.chatTemplates",
        given=path,
        allowed="a folder of this repository with templates in it",
        example="chat-templates",
        message="this folder is empty: put a template into it (NAME.jinja)"
        if folder.is_dir()
        else f"there is no such folder: mkdir {path}, and put a template into it (NAME.jinja)",
    )


def _dockerfile(path: str, *, root: Path) -> Iterator[Problem]:
    try:
        text = (root / path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        message = "there is no such text file"
    else:
        if BASE_ARGUMENT.search(text) and FROM_BASE.search(text):
            return
        message = "it does not begin with ARG BASE and FROM ${BASE}, so it would not be on top of the pinned vLLM"
    yield Problem(
        path="vllm:image.build.dockerfile",
        given=path,
        allowed="a Dockerfile of this repository that begins with ARG BASE and FROM ${BASE}",
        example="image/Dockerfile",
        message=message,
    )
