"""What a stack file takes as given in its account: collected from its configuration, told, and looked at again when
the stack is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from config.models import StackConfig
from config.parse import parse
from config.placeholders import Replacement, with_stand_ins
from config.scrapers import is_security_group
from config.stack_file import read_stack_file
from rehearsal.aws.given.model import Given, GivenNetwork, GivenReservation
from rehearsal.inventory.model import Client

_CHANGES_BY_USE = ("InUseBy", "VersionIdsToStages", "LastChangedDate", "LastAccessedDate", "ResponseMetadata")


def as_rehearsed(*, stack: str, root: Path) -> tuple[StackConfig, tuple[Replacement, ...]]:
    """The configuration with stand-ins for placeholders, and which these are. The file has been found right before."""
    values, made = with_stand_ins(read_stack_file(stack=stack, root=root))
    config = parse(stack=stack, raw=values).config
    if config is None:
        raise LookupError(f"Pulumi.{stack}.yaml names no model")
    return config, made


def given_by(config: StackConfig, *, instance_type: str) -> Given:
    """The ids that ``config`` names."""
    network, endpoint = config.network, config.endpoint
    return Given(
        region=config.region,
        certificate_arns=_there(endpoint.certificate_arn),
        zones=()
        if endpoint.hosted_zone_id is None or endpoint.domain is None
        else ((endpoint.hosted_zone_id, endpoint.domain),),
        network=None
        if network.vpc_id is None
        else GivenNetwork(
            vpc_id=network.vpc_id,
            private_subnet_ids=tuple(network.private_subnet_ids or ()),
            public_subnet_ids=tuple(network.public_subnet_ids or ()),
            instance_type=instance_type,
        ),
        snapshot_ids=_there(config.cache.snapshot_id),
        image_ids=_there(config.compute.ami_id),
        secret_arns=_there(endpoint.api_keys_secret_arn, config.model.token_secret_arn),
        kms_key_arns=_there(config.encryption.kms_key_arn),
        security_group_ids=tuple(filter(is_security_group, config.monitoring.scrape_from)),
        reservations=tuple(_reservations(config, instance_type=instance_type)),
    )


def _reservations(config: StackConfig, *, instance_type: str) -> Iterator[GivenReservation]:
    capacity = config.compute.capacity
    if capacity is None:
        return
    zone = next(iter(config.network.zones or ()), None)
    for id_ in capacity.reservations if isinstance(capacity.reservations, tuple) else ():
        yield GivenReservation(id=id_, instance_type=instance_type, zone=zone)
    if capacity.block is not None:
        zone = capacity.block.zone
        yield GivenReservation(id=capacity.block.id, instance_type=instance_type, zone=zone, is_block=True)


def described(client: Client, given: Given) -> Mapping[str, Any]:
    """Each given thing as AWS describes it, without what use may change; None for one that is not there."""
    ec2, network = client("ec2"), given.network
    subnet_ids = network.ids[1:] if network else ()
    return {
        **{arn: _of(client("acm").describe_certificate, CertificateArn=arn) for arn in given.certificate_arns},
        **{id_: _of(client("route53").get_hosted_zone, Id=id_) for id_, _ in given.zones},
        **({network.vpc_id: _of(ec2.describe_vpcs, VpcIds=[network.vpc_id])} if network else {}),
        **{id_: _subnet(client, id_) for id_ in subnet_ids},
        **{id_: _of(ec2.describe_snapshots, SnapshotIds=[id_]) for id_ in given.snapshot_ids},
        **{id_: _of(ec2.describe_images, ImageIds=[id_]) for id_ in given.image_ids},
        **{arn: _of(client("secretsmanager").describe_secret, SecretId=arn) for arn in given.secret_arns},
        **{arn: _of(client("kms").describe_key, KeyId=arn) for arn in given.kms_key_arns},
        **{id_: _of(ec2.describe_security_groups, GroupIds=[id_]) for id_ in given.security_group_ids},
        **{each.id: _reservation(client, each.id) for each in given.reservations},
    }


def _subnet(client: Client, subnet_id: str) -> Any:
    """With where its traffic goes; not with how many addresses are free."""
    ec2 = client("ec2")
    tables = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [subnet_id]}])
    found = _of(ec2.describe_subnets, SubnetIds=[subnet_id])
    for subnet in (found or {}).get("Subnets", ()):
        del subnet["AvailableIpAddressCount"]
    return found, tables["RouteTables"]


def _reservation(client: Client, id_: str) -> Any:
    return _of(client("ec2").describe_capacity_reservations, CapacityReservationIds=[id_])


def _of(describe: Callable[..., Mapping[str, Any]], **which: Any) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        return dict(_plain(describe(**which)))
    except ClientError:
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items() if name not in _CHANGES_BY_USE}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def _there(*values: str | None) -> tuple[str, ...]:
    return tuple(value for value in values if value is not None)
