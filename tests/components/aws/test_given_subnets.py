from __future__ import annotations

import pytest

from components.aws.given_subnets import Given, Subnet, problems

VPC = "vpc-1"


def subnet(id_: str, zone: str, *, vpc_id: str = VPC, cidr: str = "172.31.0.0/20") -> Subnet:
    return Subnet(id=id_, vpc_id=vpc_id, zone=zone, cidr=cidr)


A, B = subnet("subnet-a", "z-1a"), subnet("subnet-b", "z-1b")
PUBLIC_A, PUBLIC_B = subnet("subnet-pa", "z-1a"), subnet("subnet-pb", "z-1b")


@pytest.mark.parametrize("public", [(), (PUBLIC_A, PUBLIC_B), (PUBLIC_B, PUBLIC_A, subnet("subnet-pc", "z-1c"))])
def test_subnets_that_belong_together_are_fine(public: tuple[Subnet, ...]) -> None:
    assert problems(Given(vpc_id=VPC, private=(A, B), public=public)) == ()


@pytest.mark.parametrize(
    ("private", "public", "key", "given"),
    [
        ((A, subnet("subnet-x", "z-1b", vpc_id="vpc-2")), (), "privateSubnetIds", "subnet-x (of vpc-2)"),
        ((A, subnet("subnet-x", "z-1a")), (), "privateSubnetIds", "subnet-a (in z-1a), subnet-x (in z-1a)"),
        ((A, B), (PUBLIC_A, PUBLIC_B, subnet("subnet-x", "z-1a")), "publicSubnetIds", "subnet-x (in z-1a)"),
        ((A, B), (PUBLIC_A, subnet("subnet-x", "z-1c")), "publicSubnetIds", "subnet-x (in z-1c)"),
        ((A, subnet("subnet-x", "z-1b", cidr="172.17.16.0/20")), (), "privateSubnetIds", "subnet-x (172.17.16.0/20)"),
    ],
)
def test_each_problem_names_the_key_and_the_subnets(
    private: tuple[Subnet, ...], public: tuple[Subnet, ...], key: str, given: str
) -> None:
    (problem,) = problems(Given(vpc_id=VPC, private=private, public=public))
    assert problem.path == f"vllm:network.{key}"
    assert given in problem.given
    assert problem.example.startswith(f"{key}: [")


def test_a_zone_without_a_public_subnet_is_named() -> None:
    (problem,) = problems(Given(vpc_id=VPC, private=(A, B), public=(PUBLIC_A, subnet("subnet-x", "z-1c"))))
    assert "z-1b has none" in problem.allowed


def test_all_problems_are_found_at_once() -> None:
    wrong = tuple(subnet(name, "z-1a", vpc_id="vpc-2") for name in ("subnet-x", "subnet-y"))
    assert len(problems(Given(vpc_id=VPC, private=wrong, public=()))) == 2
