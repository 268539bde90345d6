"""Makes what stack files take as given, before the first of them is deployed."""

from __future__ import annotations

from rehearsal.aws.given.certificates import make_certificate
from rehearsal.aws.given.images import make_image
from rehearsal.aws.given.kms_keys import make_kms_key
from rehearsal.aws.given.model import Given
from rehearsal.aws.given.networks import make_network
from rehearsal.aws.given.reservations import make_reservation
from rehearsal.aws.given.secrets import make_secret
from rehearsal.aws.given.security_groups import make_security_group
from rehearsal.aws.given.snapshots import make_snapshot
from rehearsal.aws.given.zones import make_zone
from rehearsal.aws.world import World


def make(given: Given) -> None:
    """Make what is not there yet in the emulated AWS of this process. LookupError for what no account could hold."""
    with World.running().lock:
        for arn in given.certificate_arns:
            make_certificate(arn)
        for zone_id, domain in given.zones:
            make_zone(zone_id, domain=domain)
        if given.network is not None:
            make_network(given.network, region=given.region)
        for snapshot_id in given.snapshot_ids:
            make_snapshot(snapshot_id, region=given.region)
        for image_id in given.image_ids:
            make_image(image_id, region=given.region)
        for arn in given.kms_key_arns:
            make_kms_key(arn)
        for arn in given.secret_arns:
            make_secret(arn)
        for group_id in given.security_group_ids:
            make_security_group(group_id, vpc_id=given.network.vpc_id if given.network else None, region=given.region)
        for reservation in given.reservations:
            make_reservation(reservation, region=given.region)
