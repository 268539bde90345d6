"""The same content is the same image on every machine, and other content another one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from components.image_content import (
    BYTES_MAX,
    DOCKERFILE,
    FILES_MAX,
    STAGING,
    Content,
    Staged,
    read_content,
    stage,
)
from config.errors import ConfigError
from config.models import ImageBuild

ROOT = Path(__file__).resolve().parents[2]
BASE = "vllm/vllm-openai:v0.32.0"
BUILD = ImageBuild(packages=("librosa==0.11.0", "outlines[x]==1.2"), chat_templates="templates")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with two templates."""
    return checkout(tmp_path / "one")


def checkout(folder: Path, *, mode: int = 0o644) -> Path:
    files = {
        DOCKERFILE.as_posix(): (ROOT / DOCKERFILE).read_text(encoding="utf-8"),
        "templates/qwen.jinja": "{{ messages }}",
        "templates/tools/llama.jinja": "{{ tools }}",
        "own/Dockerfile": "ARG BASE\nFROM ${BASE}\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
    return folder


def content(project: Path, build: ImageBuild = BUILD, *, base: str = BASE) -> Content:
    return read_content(build, base=base, root=project)


def laid_out(project: Path, staged: Staged) -> dict[str, tuple[bytes, int]]:
    """Contents and modes of what the builder gets."""
    files = [project / staged.dockerfile, *(path for path in (project / staged.context).rglob("*") if path.is_file())]
    return {path.relative_to(project).as_posix(): (path.read_bytes(), path.stat().st_mode) for path in files}


def test_the_tag_is_the_version_of_vllm_and_the_content(project: Path) -> None:
    found = content(project)
    assert found.tag("v0.32.0") == f"v0.32.0-{found.digest}"
    assert len(found.digest) == 12
    int(found.digest, 16)


def test_another_checkout_with_another_umask_builds_the_same(project: Path, tmp_path: Path) -> None:
    other = checkout(tmp_path / "somewhere/else", mode=0o664)
    assert content(other) == content(project)
    assert stage(content(other), root=other) == stage(content(project), root=project)
    assert laid_out(other, stage(content(other), root=other)) == laid_out(
        project, stage(content(project), root=project)
    )


def test_a_renamed_folder_builds_the_same(project: Path) -> None:
    before = stage(content(project), root=project)
    (project / "templates").rename(project / "chat")
    renamed = ImageBuild(packages=BUILD.packages, chat_templates="chat")
    assert stage(content(project, renamed), root=project) == before


@pytest.mark.parametrize(
    "change",
    [
        {"base": "vllm/vllm-openai:v0.32.1"},
        {"packages": ("librosa==0.11.1", "outlines[x]==1.2")},
        {"dockerfile": b"ARG BASE\nFROM ${BASE}\n"},
        {"templates": (("qwen.jinja", b"{{ messages }}"),)},
        {"templates": (("other.jinja", b"{{ messages }}"), ("tools/llama.jinja", b"{{ tools }}"))},
        {"templates": (("qwen.jinja", b"{{ messages }}!"), ("tools/llama.jinja", b"{{ tools }}"))},
    ],
)
def test_whatever_reaches_the_image_is_in_its_tag(project: Path, change: dict[str, object]) -> None:
    found = content(project)
    assert replace(found, **change).digest != found.digest  # type: ignore[arg-type]


def test_one_part_does_not_run_into_the_next() -> None:
    one = Content(base="a", packages=("b",), dockerfile=b"c", templates=(("de", b"f"),))
    assert one.digest != replace(one, base="ab", packages=()).digest
    assert one.digest != replace(one, templates=(("d", b"ef"),)).digest


def test_the_builder_gets_the_templates_and_nothing_else(project: Path) -> None:
    staged = stage(content(project), root=project)
    assert {path.removeprefix(f"{staged.context}/") for path in laid_out(project, staged)} == {
        staged.dockerfile,
        "qwen.jinja",
        "tools/llama.jinja",
    }
    assert not Path(staged.dockerfile).is_relative_to(staged.context)
    assert not Path(staged.context).is_absolute(), "an absolute path is a change on another machine"


def test_without_templates_the_builder_gets_an_empty_folder(project: Path) -> None:
    staged = stage(content(project, ImageBuild(packages=("librosa==0.11.0",))), root=project)
    assert list((project / staged.context).iterdir()) == []


def test_the_users_dockerfile_takes_the_place_of_the_projects(project: Path) -> None:
    build = ImageBuild(dockerfile="own/Dockerfile", chat_templates="templates")
    staged = stage(content(project, build), root=project)
    assert (project / staged.dockerfile).read_text(encoding="utf-8") == "ARG BASE\nFROM ${BASE}\n"


def test_hidden_files_stay_out(project: Path) -> None:
    before = content(project)
    (project / "templates/.DS_Store").write_bytes(b"x")
    (project / "templates/.git").mkdir()
    (project / "templates/.git/HEAD").write_bytes(b"x")
    assert content(project) == before


def test_a_folder_that_is_no_folder_of_templates_is_refused(project: Path) -> None:
    for number in range(FILES_MAX):
        (project / f"templates/{number}.jinja").touch()
    with pytest.raises(ConfigError, match=rf"a folder of {FILES_MAX + 2} files"):
        content(project)


def test_a_folder_that_is_too_large_is_refused(project: Path) -> None:
    with (project / "templates/model.safetensors").open("wb") as file:
        file.truncate(BYTES_MAX + 1)
    with pytest.raises(ConfigError, match="3 files and 10 MiB"):
        content(project)


def test_nothing_that_is_laid_out_is_kept_by_git() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"{STAGING.parts[0]}/" in ignored
