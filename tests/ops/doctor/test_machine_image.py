"""The check of the AMI: there, usable, of somebody known, and with a driver for the image's CUDA."""

from __future__ import annotations

from typing import Any

import pytest

from ops.doctor.checks.machine_image import CHECK
from rehearsal.aws.images import available_image
from tests.ops.doctor.clinic import Clinic, of
from tests.ops.doctor.looking import look, only

AMI = "ami-0123456789abcdef0"
AWS = {"owner_id": "898082745236", "owner_alias": "amazon"}
DLAMI_NAME = "Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) {day}"
PIN = "python -m ops pin --update --stack dev"


def put_image(clinic: Clinic, *, name: str = DLAMI_NAME.format(day="20260925"), **more: Any) -> Any:
    given = {"architecture": "x86_64", **AWS, **more}
    state = given.pop("state", "available")
    made = available_image(clinic.ec2, image_id=AMI, name=name, **given)
    made.state = state
    clinic.ec2.amis[AMI] = made
    return made


def test_the_newest_one_and_its_driver_are_found_without_a_pin(clinic: Clinic) -> None:
    found = of(clinic.findings(status=0), "machine-image")
    assert [level for level, _, _ in found] == ["ok", "ok"]
    assert "the newest Deep Learning AMI" in found[0][1]
    assert found[1][1].startswith("driver 580 or newer")


def test_what_is_set_decides_over_what_the_stack_holds(clinic: Clinic) -> None:
    put_image(clinic)
    held = clinic.case(outputs={"image_id": clinic.cloud.image_id})
    assert look(CHECK, held)[0].seen.startswith(f"{clinic.cloud.image_id} (what the deployed stack holds)")
    pinned = clinic.case(outputs={"image_id": clinic.cloud.image_id}, compute={"amiId": AMI})
    assert look(CHECK, pinned)[0].seen.startswith(f"{AMI} (compute.amiId)")


def test_one_that_is_not_there_is_an_error(clinic: Clinic) -> None:
    finding = only(CHECK, clinic.case(compute={"amiId": AMI}))
    assert (finding.level, finding.fix) == ("error", PIN)
    assert "is not in us-east-1" in finding.seen


@pytest.mark.parametrize(
    ("fault", "level", "says"),
    [
        ({"state": "failed"}, "error", "is failed"),
        ({"architecture": "arm64"}, "error", "is for arm64; g6.2xlarge is x86_64"),
        ({"name": "ubuntu-noble-24.04-amd64-server-20260925"}, "error", "has no NVIDIA driver"),
        ({"name": DLAMI_NAME.format(day="20250301")}, "warning", "is not known here to be 580 or newer"),
        ({"owner_id": "210987654321", "owner_alias": None}, "warning", "neither yours nor AWS's"),
    ],
)
def test_each_fault_is_said_with_a_remedy(clinic: Clinic, fault: dict[str, Any], level: str, says: str) -> None:
    put_image(clinic, **fault)
    found = [finding for finding in look(CHECK, clinic.case(compute={"amiId": AMI})) if finding.level == level]
    assert any(says in finding.seen and PIN in finding.fix for finding in found)


def test_the_driver_of_an_own_image_is_the_hosts_to_judge(clinic: Clinic) -> None:
    put_image(clinic, owner_id="123456789012", owner_alias=None)
    there, driver = look(CHECK, clinic.case(compute={"amiId": AMI}))
    assert (there.level, driver.level) == ("ok", "skipped")
    assert "step gpus" in driver.seen


def test_an_image_with_an_older_cuda_takes_an_older_driver(clinic: Clinic) -> None:
    put_image(clinic)
    image = {"repository": "vllm/vllm-openai", "tag": "v0.32.0-cu129"}
    assert look(CHECK, clinic.case(compute={"amiId": AMI}, image=image))[1].seen.endswith("needs 525")
