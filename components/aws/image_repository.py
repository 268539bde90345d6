"""Where the stack's own image is kept: a private repository that hosts pull from and nobody overwrites."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.naming import Tags
from components.own_image import Registry

KEPT_IMAGES = 10
UNTAGGED_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class ImageRepositoryArgs:
    """``keep``: leave the repository in AWS when the stack goes, since AWS deletes none that holds images."""

    keep: bool
    tags: Tags


class ImageRepository(pulumi.ComponentResource):
    """An ECR repository: a tag names one image for ever, each is scanned, and the newest ten are kept.

    ``url`` is an image's name without a tag; ``registry`` is for who pushes.
    """

    url: pulumi.Output[str]
    arn: pulumi.Output[str]
    registry: Registry

    def __init__(self, name: str, args: ImageRepositoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:ImageRepository", name, None, opts)
        repository = aws.ecr.Repository(
            name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
            encryption_configurations=[aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="AES256")],
            force_delete=not args.keep,
            tags=args.tags.named("image"),
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=args.keep),
        )
        aws.ecr.LifecyclePolicy(
            name,
            repository=repository.name,
            policy=json.dumps(lifecycle_policy()),
            # The policy goes on when the repository stays: its images are still paid for.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=args.keep),
        )
        self.url = repository.repository_url
        self.arn = repository.arn
        self.registry = self._registry()
        self.register_outputs({"url": self.url, "arn": self.arn})

    def _registry(self) -> Registry:
        # Good for 12 hours, and so another one at each `up`.
        token = aws.ecr.get_authorization_token()
        server = self.url.apply(lambda url: url.partition("/")[0])
        return Registry(server=server, username=token.user_name, password=token.password)


def lifecycle_policy() -> dict[str, Any]:
    """Which images go. Ten are more than a rollback needs, and an image shares most of its layers with the next."""
    return {
        "rules": [
            _rule(
                1,
                f"untagged for {UNTAGGED_DAYS} days",
                tagStatus="untagged",
                countType="sinceImagePushed",
                countUnit="days",
                countNumber=UNTAGGED_DAYS,
            ),
            _rule(
                2,
                f"all but the newest {KEPT_IMAGES}",
                tagStatus="any",
                countType="imageCountMoreThan",
                countNumber=KEPT_IMAGES,
            ),
        ]
    }


def _rule(priority: int, description: str, **selection: Any) -> dict[str, Any]:
    action = {"type": "expire"}
    return {"rulePriority": priority, "description": description, "selection": selection, "action": action}
