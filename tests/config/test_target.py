"""A stack of one target has no key of the other, and what both have is checked on both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from config import target_rules
from config.errors import Problem
from config.models import StackConfig
from config.parse import parse
from config.section import Section
from config.wording import field_of, says, section_of

AWS: Mapping[str, object] = {"aws:region": "us-east-1", "vllm:model": {"id": "a/b"}}
LOCAL: Mapping[str, object] = {"vllm:target": "local", "vllm:model": {"id": "a/b"}}


def problems(base: Mapping[str, object], **sections: object) -> tuple[Problem, ...]:
    return parse(stack="mine", raw={**base, **{f"vllm:{name}": value for name, value in sections.items()}}).problems


def test_a_stack_on_this_machine_needs_no_region() -> None:
    loaded = parse(stack="mine", raw=LOCAL)
    assert loaded.problems == ()
    assert loaded.config is not None
    assert (loaded.config.region, loaded.config.endpoint.port, loaded.config.compute.devices) == ("local", 8000, None)


@pytest.mark.parametrize("region", ["us-east-1", "mars"])
def test_a_region_that_is_given_changes_nothing_on_this_machine(region: str) -> None:
    loaded = parse(stack="mine", raw={**LOCAL, "aws:region": region})
    assert loaded.problems == ()
    assert loaded.config is not None
    assert loaded.config.region == "local"


def test_aws_still_needs_its_region() -> None:
    (problem,) = parse(stack="mine", raw={**LOCAL, "vllm:target": "aws"}).problems
    assert problem.path == "aws:region"


def aws_only() -> list[tuple[str, str]]:
    """Every key that means something on AWS alone."""
    found = []
    for section, keys in target_rules.AWS_ONLY.items():
        inner = section_of(StackConfig.model_fields[section])
        if inner is None:
            found.append((section, ""))
        else:
            found += [(section, key) for key in keys or (field.alias or "" for field in inner.model_fields.values())]
    return found


def given(section: str, key: str) -> Any:
    field = StackConfig.model_fields[section]
    inner: type[Section] | None = section_of(field)
    if inner is None:
        return says(field).value()
    of_key = field_of(inner, key)
    assert of_key is not None, f"{section} has no {key}"
    return {key: says(of_key).value()} | ({"id": "a/b"} if section == "model" else {})


@pytest.mark.parametrize(("section", "key"), aws_only(), ids=lambda part: part)
def test_what_only_aws_has_is_refused_on_this_machine(section: str, key: str) -> None:
    (problem,) = problems(LOCAL, **{section: given(section, key)})
    assert problem.path == ".".join(filter(None, (f"vllm:{section}", key)))
    assert "remove it" in problem.message
    assert problem.allowed == "nothing, with target: local"


@pytest.mark.parametrize(("section", "key"), [("compute", "devices"), ("cache", "path"), ("endpoint", "port")])
def test_what_only_this_machine_has_is_refused_on_aws(section: str, key: str) -> None:
    (problem,) = problems(AWS, **{section: given(section, key)})
    assert problem.path == f"vllm:{section}.{key}"
    assert problem.allowed == "nothing, with target: aws"
    assert problem.example


def test_all_of_it_is_reported_at_once_with_what_else_is_wrong() -> None:
    found = problems(
        LOCAL,
        compute={"instanceType": "g6.2xlarge", "amiId": "ami-01234567", "devices": [0, 0]},
        scaling={"min": 3, "max": 2},
        endpoint={"exposure": "public"},
        network={"nat": "none", "zones": ["eu-west-1a", "eu-west-1b"]},
        tags={"team": "ml"},
        serving={"typicalTokens": 9000, "maxModelLen": 100},
    )
    assert sorted(problem.path for problem in found) == [
        "vllm:compute.amiId",
        "vllm:compute.devices",
        "vllm:compute.instanceType",
        "vllm:endpoint.exposure",
        "vllm:network.nat",
        "vllm:network.zones",
        "vllm:scaling.max",
        "vllm:scaling.min",
        "vllm:serving.typicalTokens",
        "vllm:tags",
    ]


def test_the_empty_sections_that_pulumi_fills_in_are_no_use_of_them() -> None:
    sections = (
        "serving",
        "compute",
        "cache",
        "network",
        "endpoint",
        "scaling",
        "monitoring",
        "budget",
        "encryption",
        "image",
        "tags",
    )
    assert problems(LOCAL, **dict.fromkeys(sections, "{}")) == ()


@pytest.mark.parametrize(
    ("section", "key", "value", "words"),
    [
        ("compute", "devices", [], "no GPU is named"),
        ("compute", "devices", [1, 1], "twice"),
        ("compute", "devices", [-1], "none of what is allowed"),
        ("compute", "devices", "0", "none of what is allowed"),
        ("compute", "devices", 0, "none of what is allowed"),
        ("cache", "path", "cache", "whole path"),
        ("cache", "path", "", "at least 1 character"),
        ("endpoint", "port", 0, "greater than or equal to 1"),
        ("endpoint", "port", 65536, "less than or equal to 65535"),
        ("endpoint", "port", "8000", "a whole number"),
        ("monitoring", "prometheus", "amp", "goes with target: aws"),
    ],
)
def test_bad_values_are_named(section: str, key: str, value: object, words: str) -> None:
    (problem,) = problems(LOCAL, **{section: {key: value}})
    assert problem.path == f"vllm:{section}.{key}"
    assert words in problem.message


@pytest.mark.parametrize(
    ("section", "value"),
    [
        ("compute", {"devices": "all"}),
        ("compute", {"devices": [3, 1], "gpu": "RTX 4090", "tensorParallel": 2}),
        ("cache", {"path": "/srv/hf cache", "protect": False}),
        ("endpoint", {"port": 1}),
        ("monitoring", {"prometheus": "local", "thresholds": {"slow-responses": 5}}),
        ("monitoring", {"prometheus": "none"}),
        ("image", {"repository": "registry.example.com/vllm", "tag": "v0.32.0"}),
    ],
)
def test_good_values_are_taken(section: str, value: object) -> None:
    assert problems(LOCAL, **{section: value}) == ()


PULL = {"credentialArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/hub-AbCdEf"}


@pytest.mark.parametrize(
    ("image", "path", "words"),
    [
        ({"build": {}}, "vllm:image.build", "nothing is to be built"),
        ({"build": {"packages": ["librosa"]}}, "vllm:image.build.packages[0]", "exact version"),
        ({"build": {"packages": ["librosa>=0.11"]}}, "vllm:image.build.packages[0]", "exact version"),
        ({"build": {"packages": ["a==1 --index-url=x"]}}, "vllm:image.build.packages[0]", "exact version"),
        ({"build": {"packages": []}}, "vllm:image.build.packages", "at least 1 item"),
        ({"build": {"chatTemplates": "/etc"}}, "vllm:image.build.chatTemplates", "stays inside it"),
        ({"build": {"chatTemplates": "../x"}}, "vllm:image.build.chatTemplates", "stays inside it"),
        ({"build": {"context": "."}}, "vllm:image.build.context", "has no key context"),
        ({"pullThrough": {}}, "vllm:image.pullThrough.credentialArn", "required"),
        (
            {"pullThrough": {"credentialArn": PULL["credentialArn"].replace("ecr-pullthroughcache/", "")}},
            "vllm:image.pullThrough.credentialArn",
            "ecr-pullthroughcache/",
        ),
        (
            {"pullThrough": {"credentialArn": PULL["credentialArn"].replace("us-east-1", "eu-west-1")}},
            "vllm:image.pullThrough.credentialArn",
            "own region",
        ),
        ({"pullThrough": PULL, "repository": "ghcr.io/me/vllm"}, "vllm:image.pullThrough", "another registry"),
        ({"pullThrough": PULL, "repository": "localhost:5000/vllm"}, "vllm:image.pullThrough", "another registry"),
    ],
)
def test_a_bad_image_of_ones_own_is_named(image: object, path: str, words: str) -> None:
    (problem,) = problems(AWS, image=image)
    assert problem.path == path
    assert words in problem.message
    assert problem.example


@pytest.mark.parametrize(
    "image",
    [
        {"build": {"packages": ["librosa==0.11.0", "vllm[audio]==0.32.0", "a-b.c==1.0.post1+cu130"]}},
        {"build": {"chatTemplates": "chat-templates", "dockerfile": "image/Dockerfile"}},
        {"pullThrough": PULL},
        {"pullThrough": PULL, "repository": "docker.io/vllm/vllm-openai"},
    ],
)
def test_a_good_image_of_ones_own_is_taken(image: object) -> None:
    assert problems(AWS, image=image) == ()
