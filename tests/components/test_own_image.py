"""What is asked of pulumi-docker for an image of one's own."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from rehearsal.graph.model import Graph
from tests.components.aws.recording import record

PROGRAM = """
    import pulumi
    from components.own_image import OwnImage, OwnImageArgs, Registry
    from config.models import ImageBuild

    registry = Registry(server="registry.example.com", username="AWS", password="a-password")
    image = OwnImage(
        "vllm-image",
        OwnImageArgs(
            build=ImageBuild(packages=("librosa==0.11.0", "soxr==1.0.0"), chat_templates={templates!r}),
            base="vllm/vllm-openai:v0.32.0",
            version="v0.32.0",
            image_name="registry.example.com/vllm",
            registry={registry},
            platform={platform!r},
        ),
    )
    pulumi.export("reference", image.reference)
"""


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that a program runs in is the project's; builds are laid out there."""
    root = Path(__file__).resolve().parents[2]
    (tmp_path / "userdata").symlink_to(root / "userdata", target_is_directory=True)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/qwen.jinja").write_text("{{ messages }}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def graph(*, registry: str = "registry", platform: str | None = None, templates: str | None = None) -> Graph:
    return record(dedent(PROGRAM).format(registry=registry, platform=platform, templates=templates))


def test_a_pushed_image_is_known_by_its_digest() -> None:
    found = graph(platform="linux/amd64")
    (image,) = found.of_type("docker:index/image:Image")
    name, _, tag = image.inputs["imageName"].rpartition(":")
    assert name == "registry.example.com/vllm"
    assert tag.startswith("v0.32.0-")
    assert image.inputs["skipPush"] is False
    assert image.inputs["build"]["platform"] == "linux/amd64"
    assert image.inputs["build"]["args"] == {
        "BASE": "vllm/vllm-openai:v0.32.0",
        "PACKAGES": "librosa==0.11.0 soxr==1.0.0",
    }
    assert found.stack.outputs["reference"].startswith("registry.example.com/vllm@sha256:")


def test_a_local_image_is_not_pushed_and_known_by_its_id() -> None:
    found = graph(registry="None")
    (image,) = found.of_type("docker:index/image:Image")
    assert image.inputs["skipPush"] is True
    assert "registry" not in image.inputs
    assert found.stack.outputs["reference"].startswith("sha256:")


def test_the_password_is_a_secret() -> None:
    found = graph()
    (image,) = found.of_type("docker:index/image:Image")
    assert "a-password" not in str(image.as_dict())
    assert image.inputs["registry"]["password"] == "[secret]"


def test_what_is_built_is_there_when_the_engine_looks() -> None:
    (image,) = graph(templates="templates").of_type("docker:index/image:Image")
    build = image.inputs["build"]
    assert Path(build["dockerfile"]).read_text(encoding="utf-8").count("FROM ${BASE}") == 1
    assert Path(build["context"], "qwen.jinja").read_text(encoding="utf-8") == "{{ messages }}"


def test_templates_that_cannot_be_taken_are_said_before_anything_is_made(tmp_path: Path) -> None:
    for number in range(201):
        (tmp_path / f"templates/{number}.jinja").touch()
    with pytest.raises(Exception, match=r"vllm:image\.build\.chatTemplates"):
        graph(templates="templates")
