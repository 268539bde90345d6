"""A machine image of the account's own, as built from a Deep Learning AMI.

DescribeImages, ImageIds: "The image IDs. Default: Describes all images available to you"; one that does not exist is
InvalidAMIID.NotFound.
"""

from __future__ import annotations

from moto.ec2.models import ec2_backends

from rehearsal.aws.given.chosen import ACCOUNT
from rehearsal.aws.images import available_image


def make_image(image_id: str, *, region: str) -> None:
    backend = ec2_backends[ACCOUNT][region]
    if image_id not in backend.amis:
        backend.amis[image_id] = available_image(
            backend, image_id=image_id, name=f"given-{image_id}", architecture="x86_64"
        )
