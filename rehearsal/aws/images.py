"""The Deep Learning AMI's public parameter and the image it names.

DLAMI developer guide, "Finding a DLAMI ID": `aws ssm get-parameter --name
/aws/service/deeplearning/ami/<arch>/<ami_type>/latest/ami-id`. Moto does not have these parameters and, since the
names are reserved, refuses to put them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto.ec2.models.amis import Ami, AmiBackend
from moto.ssm.models import Parameter, ParameterDict

from rehearsal.aws.patch import Method, wrap

_OWNER = "898082745236"
_PREFIX = "/aws/service/deeplearning/ami/"

# Architecture and type of each parameter -> the id and the name of its image here. The ids are made up.
_IMAGES = {
    ("x86_64", "base-oss-nvidia-driver-gpu-ubuntu-24.04"): (
        "ami-0d1a317000000024a",
        "Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) 20260925",
    ),
    ("x86_64", "base-oss-nvidia-driver-gpu-ubuntu-22.04"): (
        "ami-0d1a317000000022a",
        "Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 22.04) 20260925",
    ),
}


def install() -> None:
    wrap(ParameterDict, "_check_loading_status", _with_dlami)
    wrap(AmiBackend, "_load_amis", _only_dlami)


def _name(architecture: str, kind: str) -> str:
    return f"{_PREFIX}{architecture}/{kind}/latest/ami-id"


def _with_dlami(original: Method) -> Method:
    def check(self: ParameterDict, key: str) -> None:
        original(self, key)
        if not str(key or "").startswith(_PREFIX) or self.__dict__.get("_rehearsal_dlami"):
            return
        self.__dict__["_rehearsal_dlami"] = True
        make: Any = Parameter  # abstract for mypy, though moto makes them itself
        for (architecture, kind), (image_id, _) in _IMAGES.items():
            parameter = make(
                account_id=self.account_id,
                name=_name(architecture, kind),
                value=image_id,
                parameter_type="String",
                description=None,
                allowed_pattern=None,
                keyid=None,
                last_modified_date=datetime(2026, 9, 25, tzinfo=UTC),
                version=1,
                data_type="aws:ec2:image",
            )
            self.setdefault(_name(architecture, kind), [parameter])

    return check


def _only_dlami(original: Method) -> Method:
    del original  # moto's own 1,300 images: nothing here uses them, and reading them takes longer than most tests

    def load(self: Any) -> None:
        for (architecture, _), (image_id, name) in _IMAGES.items():
            self.amis[image_id] = available_image(
                self, image_id=image_id, name=name, architecture=architecture, owner_id=_OWNER, owner_alias="amazon"
            )

    return load


def available_image(backend: Any, *, image_id: str, name: str, architecture: str, **owner: Any) -> Ami:
    """An image with an EBS root, public when Amazon owns it. ``owner``: without, the account itself."""
    return Ami(
        backend,
        image_id,
        name=name,
        description=name,
        public=bool(owner),
        virtualization_type="hvm",
        architecture=architecture,
        state="available",
        creation_date=datetime(2026, 9, 25, tzinfo=UTC),
        platform=None,
        image_type="machine",
        hypervisor="xen",
        root_device_name="/dev/sda1",
        root_device_type="ebs",
        **owner,
    )
