"""Which image hosts run and from where they pull it: the stack's own, one through the cache, or the named one."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.image_repository import ImageRepository, ImageRepositoryArgs
from components.aws.naming import Tags
from components.aws.pull_through import PullThrough, PullThroughArgs, cached_reference
from components.own_image import OwnImage, OwnImageArgs
from config.models import StackConfig
from sizing.plan import Plan
from userdata.options import PROMETHEUS_IMAGE

PLATFORM = "linux/amd64"  # of hosts, whatever Pulumi runs on
_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<name>[^:@]+)"
)


@dataclass(frozen=True, kw_only=True)
class HostImage:
    """``repository_arn``: what hosts may pull from, None when it is not in ECR. ``imports``: a pull may fill it.

    ``prometheus``: what hosts pull as their Prometheus agent, through the same cache where there is one.
    """

    reference: pulumi.Input[str]
    repository_arn: pulumi.Input[str] | None = None
    imports: bool = False
    prometheus: pulumi.Input[str] = PROMETHEUS_IMAGE


def host_image(*, config: StackConfig, plan: Plan, account: str, tags: Tags) -> HostImage:
    """The image of every host, with the resources that it takes."""
    if config.image.build is not None:
        return _own(config=config, plan=plan, tags=tags)
    if config.image.pull_through is not None:
        return _cached(config=config, plan=plan, account=account)
    return HostImage(reference=plan.image, repository_arn=repository_arn(plan.image))


def _own(*, config: StackConfig, plan: Plan, tags: Tags) -> HostImage:
    assert config.image.build is not None
    repository = ImageRepository("vllm-image", ImageRepositoryArgs(keep=config.cache.protect, tags=tags))
    args = OwnImageArgs(
        build=config.image.build,
        base=plan.image,
        version=config.image.tag,
        image_name=repository.url,
        registry=repository.registry,
        platform=PLATFORM,
    )
    image = OwnImage("vllm-image", args)
    return HostImage(reference=image.reference, repository_arn=repository.arn)


def _cached(*, config: StackConfig, plan: Plan, account: str) -> HostImage:
    assert config.image.pull_through is not None
    credential_arn = config.image.pull_through.credential_arn
    rule = PullThrough("vllm-image", PullThroughArgs(stack=config.stack, credential_arn=credential_arn))
    partition = aws.get_partition()
    registry = f"{account}.dkr.ecr.{config.region}.{partition.dns_suffix}"
    arns = f"arn:{partition.partition}:ecr:{config.region}:{account}:repository"

    def cached(reference: str) -> pulumi.Output[str]:
        return rule.prefix.apply(lambda prefix: cached_reference(reference, registry=registry, prefix=prefix))

    return HostImage(
        reference=cached(plan.image),
        prometheus=cached(PROMETHEUS_IMAGE),
        repository_arn=rule.prefix.apply(lambda prefix: f"{arns}/{prefix}/*"),
        imports=True,
    )


def repository_arn(reference: str) -> str | None:
    """Of an image that is in ECR, also another account's; None of every other."""
    found = _ECR.match(reference)
    if found is None:
        return None
    partition = "aws-cn" if found["region"].startswith("cn-") else "aws"
    partition = "aws-us-gov" if found["region"].startswith("us-gov-") else partition
    return f"arn:{partition}:ecr:{found['region']}:{found['account']}:repository/{found['name']}"
