"""A security group that rules refer to: of a Prometheus that reads the hosts' metrics.

VPC user guide, "Security group referencing": of the same VPC, or of one that is peered with it. Which of the two is not
looked at here, as moto does not.
"""

from __future__ import annotations

from moto.ec2.models import ec2_backends, security_groups

from rehearsal.aws.given.chosen import ACCOUNT, next_id


def make_security_group(group_id: str, *, vpc_id: str | None, region: str) -> None:
    """In that VPC, or without one in the account's default VPC; nothing where there is one of this id."""
    backend = ec2_backends[ACCOUNT][region]
    if backend.get_security_group_from_id(group_id) is not None:
        return
    own = backend.get_default_vpc()
    vpc = vpc_id or (own.id if own else None)
    with next_id(security_groups, "random_security_group_id", group_id):
        backend.create_security_group(f"given-{group_id}", "Prometheus", vpc_id=vpc)
