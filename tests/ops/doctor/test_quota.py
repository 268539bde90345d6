"""The check of the vCPU quota: by family and market, beside what else runs in the account."""

from __future__ import annotations

import pytest

from ops.doctor.checks.quota import CHECK, Market, hosts_of, quota_of
from tests.ops.doctor.clinic import Clinic
from tests.ops.doctor.looking import look, only


@pytest.mark.parametrize(
    ("instance_type", "market", "code"),
    [
        ("g6e.12xlarge", "on-demand", "L-DB2E81BA"),
        ("gr6.4xlarge", "on-demand", "L-DB2E81BA"),
        ("vt1.3xlarge", "on-demand", "L-DB2E81BA"),
        ("p5.48xlarge", "on-demand", "L-417A185B"),
        ("p4d.24xlarge", "on-demand", "L-417A185B"),
        ("g6.xlarge", "spot", "L-3819A6DF"),
        ("p5en.48xlarge", "spot", "L-C4BD4855"),
        ("p4d.24xlarge", "spot", "L-7212CCBC"),
        ("c5.xlarge", "on-demand", None),
    ],
)
def test_each_family_has_its_own_quota_in_each_market(instance_type: str, market: Market, code: str | None) -> None:
    found = quota_of(instance_type, market=market)
    assert (found.code if found else None) == code


def test_a_small_quota_comes_with_the_request_that_is_just_enough(clinic: Clinic) -> None:
    clinic.grant(16)
    assert only(CHECK, clinic.case()).level == "ok", "8 vCPU for the host, 8 for its replacement"
    clinic.grant(15)
    finding = only(CHECK, clinic.case())
    assert finding.level == "error"
    assert finding.seen.endswith("enough for 1")
    assert finding.fix == (
        "aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-DB2E81BA "
        "--desired-value 16 --region us-east-1"
    )


def test_an_account_that_never_asked_has_the_default(clinic: Clinic) -> None:
    clinic.grant(None)
    finding = only(CHECK, clinic.case())
    assert (finding.level, finding.seen.endswith(": enough for 0")) == ("error", True)


def test_others_hosts_count_and_the_stacks_own_do_not(clinic: Clinic) -> None:
    clinic.grant(16)
    run(clinic, "g5.xlarge", project="vllm", stack="dev")
    run(clinic, "c5.xlarge", project="other", stack="dev")
    assert only(CHECK, clinic.case()).level == "ok"
    run(clinic, "g5.xlarge", project="vllm", stack="prod")
    run(clinic, "vt1.3xlarge", project="other", stack="dev")
    finding = only(CHECK, clinic.case())
    assert "16 vCPU, 16 in use by others" in finding.seen, "4 of the g5 and 12 of a type that is not in the catalogue"
    assert "--desired-value 32 " in finding.fix


def run(clinic: Clinic, instance_type: str, *, project: str, stack: str) -> None:
    tags = [{"Key": "Project", "Value": project}, {"Key": "Stack", "Value": stack}]
    clinic.cloud.ec2.run_instances(
        ImageId=clinic.cloud.image_id,
        InstanceType=instance_type,
        MinCount=1,
        MaxCount=1,
        SubnetId=clinic.cloud.subnet_ids[0],
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )


def test_the_most_replicas_count(clinic: Clinic) -> None:
    clinic.grant(0)
    case = clinic.case(scaling={"min": 1, "max": 3}, compute={"instanceType": "p5.48xlarge"})
    clinic.grant(767, code="L-417A185B")
    (finding,) = look(CHECK, case)
    assert "4 x p5.48xlarge (one more for a replacement) take 768: enough for 3" in finding.seen


def test_a_schedule_may_ask_for_more(clinic: Clinic) -> None:
    schedule = {"name": "office", "start": "0 8 * * *", "end": "0 18 * * *", "min": 4, "max": 4}
    assert "5 x g6.2xlarge" in only(CHECK, clinic.case(scaling={"min": 1, "schedules": [schedule]})).seen


def test_old_hosts_that_end_first_need_no_machine_more(clinic: Clinic) -> None:
    clinic.grant(8)
    finding = only(CHECK, clinic.case(scaling={"min": 1, "strategy": "terminate_first"}))
    assert (finding.level, "1 x g6.2xlarge take 8" in finding.seen) == ("ok", True)


@pytest.mark.parametrize(
    ("capacity", "on_demand", "spot"),
    [
        ({}, 6, 0),
        ({"spotPercent": 50, "onDemandBase": 1}, 4, 3),
        ({"spotPercent": 100, "onDemandBase": 5}, 6, 0),
        ({"spotPercent": 100}, 0, 6),
    ],
)
def test_spot_takes_its_share_above_the_base(
    clinic: Clinic, capacity: dict[str, int], on_demand: int, spot: int
) -> None:
    """Of five, each market with one more for a replacement; a half counts as on demand."""
    plan = clinic.case(scaling={"min": 5}, compute={"capacity": capacity} if capacity else {}).plan
    assert (hosts_of(plan, market="on-demand"), hosts_of(plan, market="spot")) == (on_demand, spot)


def test_a_share_that_comes_to_no_host_takes_no_quota(clinic: Clinic) -> None:
    case = clinic.case(scaling={"min": 2}, compute={"capacity": {"spotPercent": 50, "onDemandBase": 1}})
    clinic.grant(0, code="L-3819A6DF")
    assert only(CHECK, case).level == "ok", "the one above the base is on demand: a half counts as that"


def test_a_small_spot_quota_is_an_error(clinic: Clinic) -> None:
    case = clinic.case(scaling={"min": 3}, compute={"capacity": {"spotPercent": 100, "onDemandBase": 1}})
    clinic.grant(0, code="L-3819A6DF")
    errors = [each for each in look(CHECK, case) if each.level == "error"]
    (found,) = errors
    assert found.seen.startswith("All G and VT Spot Instance Requests: 0 vCPU")
    assert "--quota-code L-3819A6DF --desired-value 24 " in found.fix


def test_the_largest_stand_in_is_looked_at_too(clinic: Clinic) -> None:
    compute = {"instanceType": "g6.2xlarge", "capacity": {"types": ["g6e.4xlarge"]}}
    case = clinic.case(compute=compute)
    clinic.grant(16)
    chosen, other = look(CHECK, case)
    assert (chosen.level, other.level) == ("ok", "warning")
    assert "2 x g6e.4xlarge" in other.seen
