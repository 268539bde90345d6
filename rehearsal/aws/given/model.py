"""Ids that a stack file takes as given, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class GivenNetwork:
    """A VPC and its subnets, one per zone in each tier. ``instance_type`` is what is to run in it: zones that offer it
    are used first, as a person would have chosen them."""

    vpc_id: str
    private_subnet_ids: tuple[str, ...]
    public_subnet_ids: tuple[str, ...] = ()
    instance_type: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.vpc_id, *self.private_subnet_ids, *self.public_subnet_ids)


@dataclass(frozen=True, kw_only=True)
class GivenReservation:
    """``zone`` None: any of the region."""

    id: str
    instance_type: str
    zone: str | None = None
    is_block: bool = False


@dataclass(frozen=True, kw_only=True)
class Given:
    """Everything that one stack file names of its account. ARNs carry their own region, ids are of ``region``.

    ``zones``: ids of hosted zones, each with the name that is to be kept in it.
    """

    region: str
    certificate_arns: tuple[str, ...] = ()
    zones: tuple[tuple[str, str], ...] = ()
    network: GivenNetwork | None = None
    snapshot_ids: tuple[str, ...] = ()
    image_ids: tuple[str, ...] = ()
    secret_arns: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    kms_key_arns: tuple[str, ...] = ()
    reservations: tuple[GivenReservation, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        return (
            *self.certificate_arns,
            *(zone_id for zone_id, _ in self.zones),
            *(self.network.ids if self.network else ()),
            *self.snapshot_ids,
            *self.image_ids,
            *self.secret_arns,
            *self.security_group_ids,
            *self.kms_key_arns,
            *(each.id for each in self.reservations),
        )
