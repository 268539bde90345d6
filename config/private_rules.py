"""Rules about a model that is copied from S3, and about hosts that have no way to the internet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from config.errors import Problem
from config.model_source import EXAMPLE as EXAMPLE_SOURCE
from config.models import StackConfig

_ECR = re.compile(r"\d{12}\.dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/.+")


def keys_beside_a_source(config: StackConfig) -> Iterator[Problem]:
    """What says something about HuggingFace, where nothing is downloaded from it."""
    model = config.model
    if model.source is None:
        return
    for key, value, why in (
        ("revision", model.revision, "the files below source are the revision: give each one a prefix of its own"),
        ("tokenSecretArn", model.token_secret_arn, "hosts read the bucket as their role, and need no token"),
    ):
        if value is not None:
            yield Problem(
                path=f"vllm:model.{key}",
                given=value,
                allowed="nothing, beside model.source",
                example=f"source: {EXAMPLE_SOURCE}",
                message=f"the model comes from S3, so {key} would be ignored: {why}",
            )


def private_hosts_have_a_model(config: StackConfig) -> Problem | None:
    if config.network.egress != "endpoints" or config.model.source is not None:
        return None
    return Problem(
        path="vllm:model.source",
        given="nothing",
        allowed="a prefix in S3 with the model's files, with network.egress: endpoints",
        example=EXAMPLE_SOURCE,
        message="hosts without the internet do not reach HuggingFace: copy the model into a bucket of this region "
        "(hf download ID --local-dir DIR; aws s3 sync DIR s3://...), or set egress: internet",
    )


def private_hosts_have_an_image(config: StackConfig) -> Problem | None:
    image = config.image
    if config.network.egress != "endpoints" or image.build is not None or image.pull_through is not None:
        return None
    found = _ECR.fullmatch(image.repository)
    if found is not None and found["region"] == config.region:
        return None
    return Problem(
        path="vllm:image.repository",
        given=image.repository,
        allowed=f"a repository of ECR in {config.region}, or image.build or image.pullThrough beside it",
        example=f"123456789012.dkr.ecr.{config.region}.amazonaws.com/vllm-openai",
        message="hosts without the internet pull from ECR in their own region alone: push the image there, have one "
        "built (image.build), or set egress: internet",
    )


def private_hosts_have_no_nat(config: StackConfig) -> Problem | None:
    network = config.network
    asked = network.nat != "none" and "nat" in network.model_fields_set and network.mode == "create"
    if network.egress != "endpoints" or not asked:
        return None
    return Problem(
        path="vllm:network.nat",
        given=network.nat,
        allowed="nothing, or none, with egress: endpoints",
        example="egress: internet",
        message="a NAT gateway is a way to the internet, which egress: endpoints is to close: remove one of the two",
    )


def private_samples_have_an_agent(config: StackConfig) -> Problem | None:
    """The image of what writes samples is on Docker Hub; only a cache in ECR brings it to such hosts."""
    wanted = config.monitoring.prometheus == "amp" and config.image.pull_through is None
    if config.network.egress != "endpoints" or not wanted:
        return None
    return Problem(
        path="vllm:monitoring.prometheus",
        given="amp",
        allowed="none, or image.pullThrough beside it, with network.egress: endpoints",
        example="none",
        message="the Prometheus agent's image is on Docker Hub, which hosts without the internet do not reach",
    )
