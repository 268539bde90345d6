"""Which of an account's ids are one stack's: several may share the account."""

from __future__ import annotations

from collections.abc import Collection

from rehearsal.inventory.model import Client

_BY_GROUP = "aws:autoscaling:groupName"


def owned_ids(client: Client, *, state_ids: Collection[str]) -> frozenset[str]:
    """What the stack's state holds, and what its groups launched: instances, and the volumes that they came with."""
    ec2 = client("ec2")
    mine = [{"Name": f"tag:{_BY_GROUP}", "Values": sorted(state_ids)}]
    reservations = ec2.describe_instances(Filters=mine)["Reservations"] if state_ids else []
    instances = [instance["InstanceId"] for reservation in reservations for instance in reservation["Instances"]]
    attached = [{"Name": "attachment.instance-id", "Values": instances}]
    volumes = ec2.describe_volumes(Filters=attached)["Volumes"] if instances else []
    return frozenset([*state_ids, *instances, *(volume["VolumeId"] for volume in volumes)])
