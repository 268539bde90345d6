"""The check of zones: where AWS offers the type, and where the stack is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ops.doctor.case import Case
from ops.doctor.checks.offered import CHECK
from tests.ops.doctor.clinic import ZONES, Clinic
from tests.ops.doctor.looking import only


@dataclass(frozen=True)
class Ec2:
    """Offers every type in ``zones``."""

    zones: tuple[str, ...]
    subnets: tuple[str, ...] = ()

    def client(self, service: str, *, region: str) -> Any:
        assert (service, region) == ("ec2", "us-east-1")
        return self

    def get_paginator(self, name: str) -> Any:
        assert name == "describe_instance_type_offerings"
        return self

    def paginate(self, **_: Any) -> Any:
        return [{"InstanceTypeOfferings": [{"Location": zone} for zone in self.zones]}]

    def describe_subnets(self, **asked: list[str]) -> Any:
        found = zip(asked["SubnetIds"], self.subnets, strict=True)
        return {"Subnets": [{"SubnetId": each, "AvailabilityZone": zone} for each, zone in found]}


def case(clinic: Clinic, ec2: Ec2, **more: Any) -> Case:
    made = clinic.case(**more)
    return Case(config=made.config, plan=made.plan, environment=made.environment, aws=ec2, ask_pulumi=made.ask_pulumi)


def test_the_emulated_region_offers_the_type(clinic: Clinic) -> None:
    finding = only(CHECK, clinic.case())
    assert (finding.level, finding.seen) == ("ok", "g6.2xlarge in us-east-1a, us-east-1b")


def test_a_region_without_the_type_is_an_error(clinic: Clinic) -> None:
    finding = only(CHECK, case(clinic, Ec2(())))
    assert finding.level == "error"
    assert "python -m ops plan --stack dev" in finding.fix


def test_zones_without_the_type_name_those_that_have_it(clinic: Clinic) -> None:
    finding = only(CHECK, case(clinic, Ec2(("us-east-1c", "us-east-1d"))))
    assert finding.level == "error"
    assert finding.fix == "vllm:network.zones: us-east-1c, us-east-1d offer it"
    held = only(CHECK, case(clinic, Ec2(("us-east-1c",)), outputs={"zones": ZONES}))
    assert held.fix.startswith("another compute.instanceType; or (makes the network again)")


def test_one_zone_too_few_for_the_plan_is_a_warning(clinic: Clinic) -> None:
    assert only(CHECK, case(clinic, Ec2(("us-east-1b",)))).level == "ok", "one replica needs one zone"
    finding = only(CHECK, case(clinic, Ec2(("us-east-1b",)), scaling={"min": 2}))
    assert (finding.level, "only us-east-1b offers" in finding.seen) == ("warning", True)


@pytest.mark.parametrize(("zone", "level"), [("us-east-1a", "ok"), ("us-east-1c", "error")])
def test_a_given_network_is_where_its_subnets_are(clinic: Clinic, zone: str, level: str) -> None:
    network = {"mode": "existing", "vpcId": "vpc-00000000", "privateSubnetIds": ["subnet-0000000a", "subnet-0000000b"]}
    ec2 = Ec2((zone,), subnets=("us-east-1a", "us-east-1b"))
    finding = only(CHECK, case(clinic, ec2, network=network))
    assert finding.level == level
    assert finding.fix in ("", "vllm:network.privateSubnetIds: subnets in us-east-1c offer it")
