"""From where hosts pull: the repository of the stack's own image, the cache of Docker Hub, or a named one."""

from __future__ import annotations

import json
import re

import pytest

from components.aws.host_image import repository_arn
from components.aws.image_repository import lifecycle_policy
from components.aws.pull_through import PREFIX_MAX_LENGTH, cached_reference, repository_prefix
from rehearsal.graph.model import Resource
from tests.components.aws.recording import record

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
REPOSITORY = """
    from components.aws.image_repository import ImageRepository, ImageRepositoryArgs
    from components.aws.naming import Tags

    ImageRepository("vllm-image", ImageRepositoryArgs(keep={keep}, tags=Tags(stack="test")))
"""
RULE = """
    from components.aws.pull_through import PullThrough, PullThroughArgs

    PullThrough("vllm-image", PullThroughArgs(stack="test", credential_arn="arn:secret"))
"""


def repository(*, keep: bool) -> list[Resource]:
    graph = record(REPOSITORY.format(keep=keep))
    return [*graph.of_type("aws:ecr/repository:Repository"), *graph.of_type("aws:ecr/lifecyclePolicy:LifecyclePolicy")]


def test_a_tag_is_never_another_image_and_every_image_is_scanned_and_encrypted() -> None:
    (made, _) = repository(keep=True)
    assert made.inputs["imageTagMutability"] == "IMMUTABLE"
    assert made.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
    assert made.inputs["encryptionConfigurations"] == [{"encryptionType": "AES256"}]


def test_images_go_with_a_stack_that_keeps_nothing() -> None:
    made = repository(keep=False)
    assert made[0].inputs["forceDelete"] is True
    assert not [resource.name for resource in made if resource.retain_on_delete]


def test_a_stack_that_keeps_its_cache_leaves_its_images_and_their_rules() -> None:
    """AWS does not delete a repository that holds images: a destroy would fail at its end."""
    made = repository(keep=True)
    assert made[0].inputs["forceDelete"] is False
    assert [resource.retain_on_delete for resource in made] == [True, True]


def test_ten_images_are_kept_and_untagged_ones_a_week() -> None:
    (_, policy) = repository(keep=True)
    assert json.loads(policy.inputs["policy"]) == lifecycle_policy()
    untagged, old = (rule["selection"] for rule in lifecycle_policy()["rules"])
    assert untagged == {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
    assert old == {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10}


def test_the_rule_is_for_docker_hub_with_the_users_secret() -> None:
    (rule,) = record(RULE).of_type("aws:ecr/pullThroughCacheRule:PullThroughCacheRule")
    assert rule.inputs == {
        "ecrRepositoryPrefix": "vllm-test",
        "upstreamRegistryUrl": "registry-1.docker.io",
        "credentialArn": "arn:secret",
    }


@pytest.mark.parametrize("stack", ["dev", "Dev", "my_stack", "a--b", "9", "x" * 40, "x" * 39 + "-", "x.Y", "a" * 25])
def test_every_stack_name_makes_a_prefix_that_ecr_takes(stack: str) -> None:
    prefix = repository_prefix(stack)
    assert re.fullmatch(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", prefix)
    assert len(prefix) <= PREFIX_MAX_LENGTH


def test_no_two_stacks_share_a_rule() -> None:
    names = ("dev", "Dev", "de-v", "de_v", "de--v", "x" * 40, "x" * 39, "x" * 39 + "y")
    assert len({repository_prefix(name) for name in names}) == len(names)
    assert repository_prefix("dev") == "vllm-dev"


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ("vllm/vllm-openai:v0.32.0", "vllm/vllm-openai:v0.32.0"),
        ("docker.io/vllm/vllm-openai:v0.32.0", "vllm/vllm-openai:v0.32.0"),
        (f"vllm/vllm-openai@sha256:{'0' * 64}", f"vllm/vllm-openai@sha256:{'0' * 64}"),
        ("nginx:1.28", "library/nginx:1.28"),
    ],
)
def test_an_image_of_docker_hub_has_its_own_name_in_the_cache(image: str, path: str) -> None:
    assert cached_reference(image, registry=REGISTRY, prefix="vllm-dev") == f"{REGISTRY}/vllm-dev/{path}"


@pytest.mark.parametrize(
    ("image", "arn"),
    [
        ("vllm/vllm-openai:v0.32.0", None),
        ("public.ecr.aws/team/vllm:v0.32.0", None),
        ("ghcr.io/123456789012.dkr.ecr.us-east-1.amazonaws.com/vllm:1", None),
        (f"{REGISTRY}/team/vllm:v0.32.0", "arn:aws:ecr:us-east-1:123456789012:repository/team/vllm"),
        (f"{REGISTRY}/vllm@sha256:{'0' * 64}", "arn:aws:ecr:us-east-1:123456789012:repository/vllm"),
        (
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/vllm:1",
            "arn:aws-cn:ecr:cn-north-1:123456789012:repository/vllm",
        ),
        (
            "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/vllm:1",
            "arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/vllm",
        ),
    ],
)
def test_a_mirror_in_ecr_is_recognised_by_its_name(image: str, arn: str | None) -> None:
    assert repository_arn(image) == arn
