"""The registry of an own image and the cache of Docker Hub, on the real engine and the provider of the rehearsal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.events import Run
from rehearsal.engine.providers import emulated_aws
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import open_stack
from rehearsal.inventory.everything import account_ids
from tests.program.cases import ROOT

pytestmark = pytest.mark.e2e
STACK_FILE = "config:\n  aws:region: us-east-1\n  vllm:model: Qwen/Qwen3-0.6B\n"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/docker-hub-AbCdEf"


def program() -> None:
    import pulumi

    from components.aws.image_repository import ImageRepository, ImageRepositoryArgs
    from components.aws.naming import Tags
    from components.aws.pull_through import PullThrough, PullThroughArgs
    from components.own_image import OwnImage, OwnImageArgs
    from config.models import ImageBuild

    repository = ImageRepository("vllm-image", ImageRepositoryArgs(keep=False, tags=Tags(stack="image")))
    image = OwnImage(
        "vllm-image",
        OwnImageArgs(
            build=ImageBuild(packages=("librosa==0.11.0",)),
            base="vllm/vllm-openai:v0.32.0",
            version="v0.32.0",
            image_name=repository.url,
            registry=repository.registry,
            platform="linux/amd64",
        ),
    )
    PullThrough("vllm-image", PullThroughArgs(stack="image", credential_arn=SECRET))
    pulumi.export("reference", image.reference)
    pulumi.export("url", repository.url)


@dataclass(frozen=True, kw_only=True)
class Life:
    """``repository`` and ``rules``: as AWS shows them after the first up; ``left``: ids at the end."""

    up: Run
    outputs: Mapping[str, Any]
    repository: Mapping[str, Any]
    rules: tuple[Mapping[str, Any], ...]
    second_up: Run
    refresh: Run
    left: frozenset[str]


@pytest.fixture(scope="module")
def life(rig: Rig, busy_environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Life:
    root = tmp_path_factory.mktemp("image")
    (root / "Pulumi.yaml").write_bytes((ROOT / "Pulumi.yaml").read_bytes())
    (root / "Pulumi.image.yaml").write_text(STACK_FILE, encoding="utf-8")
    with (
        EmulatedAws() as aws,
        open_stack(
            stack="image",
            root=root,
            rig=rig,
            providers=emulated_aws(aws.environment()),
            program=program,
            environ=busy_environ,
        ) as engine,
    ):
        before, ecr = account_ids(aws.client), aws.client("ecr")
        up = engine.up()
        (repository,) = ecr.describe_repositories()["repositories"]
        rules = tuple(ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"])
        outputs, second_up, refresh = engine.outputs(), engine.up(), engine.refresh()
        engine.destroy(exclude_protected=True)
        return Life(
            up=up,
            outputs=outputs,
            repository=repository,
            rules=rules,
            second_up=second_up,
            refresh=refresh,
            left=account_ids(aws.client) - before,
        )


def test_the_repository_is_as_asked(life: Life) -> None:
    assert life.repository["imageTagMutability"] == "IMMUTABLE"
    assert life.repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert life.repository["encryptionConfiguration"]["encryptionType"] == "AES256"
    assert life.repository["repositoryUri"] == life.outputs["url"]


def test_the_rule_is_for_docker_hub(life: Life) -> None:
    (rule,) = life.rules
    assert rule["ecrRepositoryPrefix"] == "vllm-image"
    assert rule["upstreamRegistryUrl"] == "registry-1.docker.io"
    assert rule["credentialArn"] == SECRET


def test_hosts_would_pull_by_digest_from_the_repository(life: Life) -> None:
    assert life.outputs["reference"].startswith(f"{life.outputs['url']}@sha256:")
    assert "the rehearsal does not" in life.up.text  # build it, or push it: either is said


def test_another_password_is_no_change(life: Life) -> None:
    assert life.second_up.touched == ()
    assert life.refresh.touched == ()


def test_nothing_is_left(life: Life) -> None:
    assert life.left == frozenset()
