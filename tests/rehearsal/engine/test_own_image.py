"""An image of one's own is built, or stands in for itself, and is never pushed in a rehearsal."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from rehearsal.engine import own_image
from rehearsal.engine.rig import Rig
from rehearsal.graph.model import Graph
from tests.components.aws.recording import record

BASE = "vllm/vllm-openai:v0.32.0"
NAME = "123456789012.dkr.ecr.us-east-1.amazonaws.com/vllm-image"
PROGRAM = """
    import pulumi
    import pulumi_docker as docker
    from rehearsal.engine import own_image

    own_image.obstacle = lambda *, base, environment: {obstacle!r}
    with own_image.own_images(environment={environment!r}):
        image = docker.Image(
            "vllm-image",
            image_name="{name}:v0.32.0-0",
            build=docker.DockerBuildArgs(
                context="staged/context",
                dockerfile="staged/Dockerfile",
                platform="linux/amd64",
                args={{"BASE": "{base}"}},
            ),
            registry=docker.RegistryArgs(server="ecr", username="AWS", password="p"),
            skip_push=False,
        )
    pulumi.export("reference", image.repo_digest)
"""
AWS = {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}
TYPE = own_image.TYPE


@pytest.fixture(autouse=True)
def _kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs below replace it."""
    monkeypatch.setattr(own_image, "obstacle", own_image.obstacle)


def run(*, environment: dict[str, str], obstacle: str = "") -> Graph:
    return record(dedent(PROGRAM).format(environment=environment, obstacle=obstacle, name=NAME, base=BASE))


def test_what_can_be_built_is_built_from_the_projects_folder_and_not_pushed() -> None:
    graph = run(environment=AWS)
    (image,) = graph.of_type(TYPE)
    assert image.custom
    assert image.inputs["skipPush"] is True
    assert "registry" not in image.inputs
    assert image.inputs["build"]["context"].startswith("/")
    assert image.inputs["build"]["dockerfile"].endswith("/staged/Dockerfile")
    assert image.inputs["build"]["platform"] == "linux/amd64"
    assert [message.text for message in graph.messages] == ["the rehearsal does not push vllm-image"]


def test_what_cannot_be_built_is_in_the_graph_with_a_word_and_needs_no_provider() -> None:
    graph = run(environment=AWS, obstacle="no container engine answers")
    (image,) = graph.of_type(TYPE)
    assert not image.custom
    assert [message.text for message in graph.messages] == [
        "the rehearsal does not build vllm-image: no container engine answers"
    ]


@pytest.mark.parametrize("obstacle", ["", "no container engine answers"])
def test_hosts_are_told_a_reference_as_ecr_has_it(obstacle: str) -> None:
    reference = run(environment=AWS, obstacle=obstacle).stack.outputs["reference"]
    name, _, digest = reference.partition("@sha256:")
    assert name == NAME
    assert len(digest) == 64


def test_a_stack_on_one_machine_builds_as_it_would_without_a_rehearsal() -> None:
    graph = run(environment={"DOCKER_HOST": "unix:///run/docker.sock"}, obstacle="not asked")
    (image,) = graph.of_type(TYPE)
    assert image.custom
    assert image.inputs["registry"]["server"] == "ecr"
    assert image.inputs["build"]["context"].startswith("/")
    assert not graph.messages


def test_after_a_rehearsal_everything_is_as_before() -> None:
    run(environment=AWS, obstacle="no container engine answers")
    program = """
        import pulumi_docker as docker

        docker.Image("vllm-image", image_name="x", build=docker.DockerBuildArgs(context="staged"))
    """
    (image,) = record(dedent(program)).of_type(TYPE)
    assert image.inputs["build"]["context"] == "staged"


def test_without_the_plugin_or_an_engine_nothing_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_image, "find_rig", lambda **_: None)
    assert own_image.obstacle(base=BASE, environment={}) == "there is no plugin of Pulumi for Docker"
    rig = Rig(pulumi=Path("pulumi"), plugin_dir=None, terraform_provider=None)
    monkeypatch.setattr(own_image, "find_rig", lambda **_: rig)
    nowhere = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
    assert own_image.obstacle(base=BASE, environment=nowhere) == "no container engine answers"
