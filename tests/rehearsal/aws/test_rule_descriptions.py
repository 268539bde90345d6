"""A rule says what it is for, whatever it lets in."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.aws.server import EmulatedAws

PORT = {"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8000}


@pytest.mark.parametrize("kind", ["IpRanges", "UserIdGroupPairs", "PrefixListIds"])
def test_the_description_is_kept_and_a_change_wins(kind: str) -> None:
    with EmulatedAws() as aws:
        ec2 = aws.client("ec2")
        vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        group, other = (
            ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc_id)["GroupId"] for name in "ab"
        )
        sources: dict[str, dict[str, str]] = {
            "IpRanges": {"CidrIp": "10.0.0.0/16"},
            "UserIdGroupPairs": {"GroupId": other},
            "PrefixListIds": {"PrefixListId": "pl-63a5400a"},
        }
        permission = {**PORT, kind: [{**sources[kind], "Description": "API"}]}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
        rule = described(ec2, group)
        assert rule["Description"] == "API"
        changed = {
            "IpRanges": {"CidrIpv4": "10.0.0.0/16"},
            "UserIdGroupPairs": {"ReferencedGroupId": other},
            "PrefixListIds": {"PrefixListId": "pl-63a5400a"},
        }[kind]
        ec2.modify_security_group_rules(
            GroupId=group,
            SecurityGroupRules=[
                {
                    "SecurityGroupRuleId": rule["SecurityGroupRuleId"],
                    "SecurityGroupRule": {**PORT, **changed, "Description": "the API"},
                }
            ],
        )
        assert described(ec2, group)["Description"] == "the API"


def described(ec2: Any, group: str) -> dict[str, Any]:
    found = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    (rule,) = [rule for rule in found if not rule["IsEgress"]]
    return dict(rule)
