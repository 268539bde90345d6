"""The machine image (AMI): there, usable, of somebody known, and with a driver for the CUDA of the container image."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from ops.clients import code_of
from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, error, ok, skipped, warning
from ops.pin_sources import Sources

ARCHITECTURE = "x86_64"
DEEP_LEARNING_OWNER = "898082745236"  # of AWS's Deep Learning AMIs, resolved from their public parameter
GONE = ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed")
# AWS's images name their day, not their driver. Release notes of 2025-12 have 580.105.08, those of 2026-10 595.91.07.
DRIVER_OF_BUILDS = ((datetime(2025, 12, 1, tzinfo=UTC), 580),)
BUILT = re.compile(r"\b(20\d{6})\b")


def _look(case: Case) -> Iterator[Finding]:
    image_id, source = _wanted(case)
    image = _image(case, image_id)
    pin = f"python -m ops pin --update --stack {case.config.stack}"
    if image is None:
        yield error(f"{image_id} ({source}) is not in {case.config.region}, or not shared with this account", fix=pin)
        return
    name = image.get("Name", "")
    faults = [*_faults(case, image, fix=pin)]
    yield from faults
    if not any(fault.level == "error" for fault in faults):
        yield ok(f"{image_id} ({source}): {name}")
        yield _driver(case, image, fix=pin)


def _wanted(case: Case) -> tuple[str, str]:
    if case.config.compute.ami_id:
        return case.config.compute.ami_id, "compute.amiId"
    if held := case.outputs.get("image_id"):
        return str(held), "what the deployed stack holds"
    sources = Sources(case.config, case.plan.instance_type, case.environment)
    found = sources.machine_image(update=True)
    return str(found.value), "the newest Deep Learning AMI"


def _image(case: Case, image_id: str) -> Mapping[str, Any] | None:
    try:
        found = case.client("ec2").describe_images(ImageIds=[image_id])["Images"]
    except ClientError as refused:
        if code_of(refused) in GONE:
            return None
        raise
    return found[0] if found else None


def _faults(case: Case, image: Mapping[str, Any], *, fix: str) -> Iterator[Finding]:
    who = f"{image['ImageId']} ({image.get('Name', 'no name')})"
    if image["State"] != "available":
        yield error(f"{who} is {image['State']}: no host can start from it", fix=fix)
    if image["Architecture"] != ARCHITECTURE:
        yield error(f"{who} is for {image['Architecture']}; {case.plan.instance_type} is {ARCHITECTURE}", fix=fix)
    own = case.client("sts").get_caller_identity()["Account"]
    owner, by_amazon = image.get("OwnerId", "unknown"), image.get("ImageOwnerAlias") == "amazon"
    if owner not in (DEEP_LEARNING_OWNER, own) and not by_amazon:
        yield warning(
            f"{who} is of account {owner}, neither yours nor AWS's: it can vanish, and it is root on every host",
            fix=f"aws ec2 copy-image into your account, if you trust it; else {fix}",
        )
    ends = _time(image.get("DeprecationTime"))
    if ends is not None and ends <= case.now:
        yield warning(f"{who} is deprecated since {ends:%Y-%m-%d}", fix=fix)


def _driver(case: Case, image: Mapping[str, Any], *, fix: str) -> Finding:
    needed = case.plan.driver_needed
    name = image.get("Name", "")
    if image.get("OwnerId") != DEEP_LEARNING_OWNER and image.get("ImageOwnerAlias") != "amazon":
        return skipped(
            f"the driver of an image of one's own is not seen from outside: {case.plan.image} needs {needed} or newer, "
            "and a host's boot says so in the step gpus"
        )
    if "nvidia" not in name.lower():
        return error(f"{name} has no NVIDIA driver, and vLLM's image brings none", fix=fix)
    built = BUILT.search(name)
    at = datetime.strptime(built[1], "%Y%m%d").replace(tzinfo=UTC) if built else None
    known = max((driver for since, driver in DRIVER_OF_BUILDS if at and at >= since), default=None)
    if known is None:
        return warning(
            f"the driver of {name} is not known here to be {needed} or newer, which {case.plan.image} needs", fix=fix
        )
    if known < needed:
        return error(f"{name} has driver {known}; {case.plan.image} needs {needed} or newer", fix=fix)
    return ok(f"driver {known} or newer; {case.plan.image} needs {needed}")


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


CHECK = Check(
    id="machine-image",
    asks="Is the AMI there, available, for the right architecture, of a known owner, and is its driver new enough?",
    look=_look,
    needs="aws",
    calls=("ec2:DescribeImages", "ssm:GetParameter"),
)
