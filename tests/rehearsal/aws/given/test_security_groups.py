"""A security group of somebody else's, which rules of the stack name."""

from __future__ import annotations

from rehearsal.aws.given.make import make
from rehearsal.aws.given.model import Given, GivenNetwork
from rehearsal.aws.server import EmulatedAws

GROUP = "sg-0123456789abcdef0"
NETWORK = GivenNetwork(vpc_id="vpc-0123456789abcdef0", private_subnet_ids=("subnet-01234567", "subnet-89abcdef"))


def test_a_rule_may_name_it(aws: EmulatedAws) -> None:
    make(Given(region="us-east-1", network=NETWORK, security_group_ids=(GROUP,)))
    ec2 = aws.client("ec2")
    (found,) = ec2.describe_security_groups(GroupIds=[GROUP])["SecurityGroups"]
    assert found["VpcId"] == NETWORK.vpc_id
    hosts = ec2.create_security_group(GroupName="hosts", Description="hosts", VpcId=NETWORK.vpc_id)["GroupId"]
    source = {"IpProtocol": "tcp", "FromPort": 9400, "ToPort": 9400, "UserIdGroupPairs": [{"GroupId": GROUP}]}
    (rule,) = ec2.authorize_security_group_ingress(GroupId=hosts, IpPermissions=[source])["SecurityGroupRules"]
    assert rule["ReferencedGroupInfo"]["GroupId"] == GROUP


def test_without_a_given_network_it_is_in_the_accounts_own_and_is_made_once(aws: EmulatedAws) -> None:
    given = Given(region="us-east-1", security_group_ids=(GROUP,))
    make(given)
    make(given)
    (found,) = aws.client("ec2").describe_security_groups(GroupIds=[GROUP])["SecurityGroups"]
    assert found["VpcId"]
