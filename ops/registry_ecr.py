"""The digest of an image in a private registry of AWS, which takes AWS credentials in place of a login."""

from __future__ import annotations

from botocore.exceptions import ClientError

from ops.clients import aws_errors, client_config, code_of, session
from ops.errors import failure


def ecr_digest(*, account: str, region: str, name: str, tag: str) -> str:
    """``sha256:...``; ``tag`` may be one. OpsError when there is no such image, or AWS refuses."""
    wanted = {"imageDigest" if tag.startswith("sha256:") else "imageTag": tag}
    client = session(region).client("ecr", config=client_config())
    with aws_errors(f"read the digest of {name}:{tag}"):
        try:
            found = client.describe_images(registryId=account, repositoryName=name, imageIds=[wanted])
        except ClientError as error:
            if code_of(error) in ("ImageNotFoundException", "RepositoryNotFoundException"):
                raise failure(
                    path="image registry",
                    given=f"{name}:{tag} in {region}",
                    message="there is no such image: check image.repository and image.tag. One behind a pull-through "
                    "cache appears with its first pull",
                ) from None
            raise
    return str(found["imageDetails"][0]["imageDigest"])
