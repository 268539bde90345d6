from __future__ import annotations

import pulumi
import pytest

from rehearsal.graph.model import Graph
from tests.components.aws.recording import record

PRIVATE = ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"]
PUBLIC = ["subnet-0bbbbbbbbbbbbbbb1", "subnet-0bbbbbbbbbbbbbbb2"]
THERE = {"vpcId": "vpc-0aaaaaaaaaaaaaaaa", "privateSubnetIds": PRIVATE, "publicSubnetIds": PUBLIC}
"""What the account has."""

PROGRAM = """
    import pulumi
    from components.aws.existing_network import ExistingNetwork, ExistingNetworkArgs

    args = ExistingNetworkArgs(vpc_id="{vpc}", private_subnet_ids={private}, public_subnet_ids={public})
    network = ExistingNetwork("vllm", args)
    pulumi.export("cidrs", network.cidrs)
"""


def network(*, vpc: str = "vpc-0aaaaaaaaaaaaaaaa", private: list[str] = PRIVATE, public: list[str] = PUBLIC) -> Graph:
    return record(PROGRAM.format(vpc=vpc, private=private, public=public), network=THERE)


def test_it_offers_what_a_made_network_offers() -> None:
    (component,) = [item for item in network() if item.type == "vllm:components:ExistingNetwork"]
    assert component.outputs == {
        "vpc_id": "vpc-0aaaaaaaaaaaaaaaa",
        "private_subnet_ids": PRIVATE,
        "public_subnet_ids": PUBLIC,
        "zones": ["us-east-1a", "us-east-1b"],
    }


def test_it_makes_nothing() -> None:
    assert not [item.urn for item in network() if item.custom]


def test_subnets_keep_the_order_they_are_given_in() -> None:
    (component,) = [item for item in network(private=PRIVATE[::-1]) if item.type == "vllm:components:ExistingNetwork"]
    assert component.outputs["private_subnet_ids"] == PRIVATE[::-1]
    assert component.outputs["zones"] == ["us-east-1b", "us-east-1a"]


def test_the_range_of_the_vpc_is_known() -> None:
    assert network().stack.outputs["cidrs"] == ["172.31.0.0/16"]


def test_an_id_that_the_account_does_not_have_is_a_message_with_what_aws_says() -> None:
    with pytest.raises(pulumi.RunError, match=r"vllm:network\.privateSubnetIds: AWS does not show it: .+") as raised:
        network(private=[*PRIVATE, "subnet-0ccccccccccccccc1"])
    assert "given:   subnet-0ccccccccccccccc1" in str(raised.value)


def test_subnets_of_another_vpc_are_a_message() -> None:
    with pytest.raises(pulumi.RunError, match=r"vllm:network\.privateSubnetIds: A stack lives in one VPC"):
        network(vpc="vpc-0bbbbbbbbbbbbbbbb", public=[])
