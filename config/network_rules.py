"""Rules between the keys of ``network``, and who connects: which belong together, and which exclude each other."""

from __future__ import annotations

from collections.abc import Iterator

from config import rules
from config.errors import Problem
from config.models import Network, StackConfig

OF_A_CREATED_NETWORK = ("cidr", "zones", "nat")
OF_A_GIVEN_NETWORK = ("vpc_id", "private_subnet_ids", "public_subnet_ids")
EXAMPLE = "{mode: existing, vpcId: vpc-0123456789abcdef0, privateSubnetIds: [subnet-0123456789abcdef0, ...]}"


def keys_of_the_network_mode(config: StackConfig) -> Iterator[Problem]:
    """Each key that says something about the other kind of network; it would be ignored in silence."""
    network = config.network
    existing = network.mode == "existing"
    wrong = OF_A_CREATED_NETWORK if existing else OF_A_GIVEN_NETWORK
    for name in sorted(network.model_fields_set.intersection(wrong)):
        key = _key(name)
        yield Problem(
            path=f"vllm:network.{key}",
            given=_shown(getattr(network, name)),
            allowed=f"nothing, while network.mode is {network.mode}",
            example=EXAMPLE if not existing else "mode: create",
            message=f"{key} belongs to mode: {'create' if existing else 'existing'}; leave it out, or change the mode",
        )


def a_given_network_is_named(config: StackConfig) -> Iterator[Problem]:
    if config.network.mode != "existing":
        return
    needed = ["vpc_id", "private_subnet_ids"]
    if config.endpoint.exposure == "public":
        needed.append("public_subnet_ids")
    why = {
        "vpc_id": "which VPC the stack goes into",
        "private_subnet_ids": "where hosts run: subnets with a route out, through NAT or endpoints",
        "public_subnet_ids": "where a public load balancer is: subnets with a route to an internet gateway",
    }
    for name in needed:
        if getattr(config.network, name) is None:
            yield Problem(
                path=f"vllm:network.{_key(name)}",
                given="nothing",
                allowed="an id" if name == "vpc_id" else "ids of subnets in two or more zones",
                example="vpc-0123456789abcdef0" if name == "vpc_id" else "[subnet-0123456789abcdef0, ...]",
                message=f"mode: existing needs it to know {why[name]}",
            )


def open_to_all_only_in_public(config: StackConfig) -> Problem | None:
    allowed = config.endpoint.allowed_cidrs or ()
    if config.endpoint.exposure == "public" or not any(map(rules.lets_everyone_in, allowed)):
        return None
    return Problem(
        path="vllm:endpoint.allowedCidrs",
        given=", ".join(allowed),
        allowed="networks of the clients, none of them /0",
        example="[10.0.0.0/8]",
        message="this lets in every address, and the endpoint is internal: name the networks of the clients",
    )


def _key(name: str) -> str:
    return Network.model_fields[name].alias or name


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
