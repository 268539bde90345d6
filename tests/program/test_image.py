"""The image that hosts run: where it is from, and what their role may pull."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.program.cases import DOCKER_HUB, REGISTRY, Case, load_case, variant_case

REPOSITORY = "aws:ecr/repository:Repository"
RULE = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"
BUILT = "docker:index/image:Image"


def pulling(case: Case) -> dict[str, Any]:
    """What hosts may do in a registry, by statement."""
    (policy,) = case.graph.of_type("aws:iam/rolePolicy:RolePolicy")
    found = json.loads(policy.inputs["policy"])["Statement"]
    return {item["Sid"]: item for item in found if item["Action"][0].startswith("ecr:")}


def test_hosts_may_pull_what_they_are_told_to_and_nothing_else(case: Case) -> None:
    image = case.host_environment["IMAGE"]
    if ".dkr.ecr." not in image:
        assert image == case.plan.image
        assert pulling(case) == {}
        return
    repository = image.partition("/")[2].partition("@")[0].partition(":")[0]
    allowed = pulling(case)["PullImage"]["Resource"].partition(":repository/")[2]
    assert repository == allowed or repository.startswith(allowed.removesuffix("*"))


def test_without_being_asked_nothing_is_built_and_ecr_holds_nothing(case: Case) -> None:
    image = case.config.image
    assert len(case.graph.of_type(BUILT)) == len(case.graph.of_type(REPOSITORY)) == (image.build is not None)
    assert len(case.graph.of_type(RULE)) == (image.pull_through is not None)


def test_an_own_image_is_built_on_the_plans_pushed_and_run_by_its_digest() -> None:
    case = load_case("own-image")
    built, repository = case.only(BUILT), case.only(REPOSITORY)
    url = f"{REGISTRY}/{repository.outputs.get('name') or repository.name}"
    name, _, tag = built.inputs["imageName"].rpartition(":")
    assert name.startswith(url)
    assert tag.startswith("v0.32.0-")
    assert built.inputs["build"]["args"] == {"BASE": case.plan.image, "PACKAGES": "librosa==0.11.0"}
    assert built.inputs["build"]["platform"] == "linux/amd64"
    assert built.inputs["registry"] == {"server": REGISTRY, "username": "AWS", "password": "[secret]"}
    assert case.host_environment["IMAGE"].startswith(f"{name}@sha256:")
    template = case.only("aws:ec2/launchTemplate:LaunchTemplate")
    assert built.urn in template.property_dependencies["userData"]


def test_another_package_is_another_image_and_touches_the_launch_template_alone() -> None:
    before = load_case("own-image")
    other = {"vllm:image": {"build": {"packages": ["librosa==0.11.1"]}}}
    after = variant_case(name="other-package", changes=other)
    changed = {new.type for old, new in zip(before.graph, after.graph, strict=True) if old.inputs != new.inputs}
    assert changed == {BUILT, "aws:ec2/launchTemplate:LaunchTemplate"}


def test_the_images_of_a_stack_that_keeps_its_cache_are_kept_too() -> None:
    assert load_case("own-image-kept").only(REPOSITORY).retain_on_delete
    assert not load_case("own-image").only(REPOSITORY).retain_on_delete


def test_hosts_pull_through_the_cache_of_the_stack_and_may_fill_it() -> None:
    case = load_case("pull-through")
    assert case.host_environment["IMAGE"] == f"{REGISTRY}/vllm-dev/{case.plan.image}"
    assert case.only(RULE).inputs["credentialArn"] == DOCKER_HUB
    assert "ecr:CreateRepository" in pulling(case)["PullImage"]["Action"]
    reading = [
        arn
        for statement in json.loads(case.only("aws:iam/rolePolicy:RolePolicy").inputs["policy"])["Statement"]
        if "secretsmanager:GetSecretValue" in statement["Action"]
        for arn in statement["Resource"]
    ]
    assert DOCKER_HUB not in reading, "ECR reads it, hosts do not"


def test_a_mirror_in_ecr_is_pulled_as_it_is() -> None:
    case = load_case("mirror-in-ecr")
    assert case.host_environment["IMAGE"] == f"{REGISTRY}/mirror/vllm:v0.32.0"
    assert pulling(case)["PullImage"]["Resource"] == "arn:aws:ecr:us-east-1:123456789012:repository/mirror/vllm"


@pytest.mark.parametrize(("name", "stored"), [("own-image", True), ("pull-through", True), ("dev", False)])
def test_what_the_registry_keeps_is_in_the_cost(name: str, stored: bool) -> None:
    items = {item.name for item in load_case(name).plan.cost.items}
    assert ("image storage" in items) is stored
