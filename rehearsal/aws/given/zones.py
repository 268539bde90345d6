"""A public hosted zone of a name's parent.

CreateHostedZone makes the id; GetHostedZone and ChangeResourceRecordSets know no other: NoSuchHostedZone.
"""

from __future__ import annotations

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.route53 import models

from rehearsal.aws.given.chosen import next_id


def make_zone(zone_id: str, *, domain: str) -> None:
    """The zone that ``domain`` is a name of; nothing where there is one of this id."""
    backend = models.route53_backends[DEFAULT_ACCOUNT_ID]["aws"]
    if zone_id not in backend.zones:
        with next_id(models, "create_route53_zone_id", zone_id):
            backend.create_hosted_zone(domain.partition(".")[2] + ".", private_zone=False, comment="given")
