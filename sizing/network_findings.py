"""Findings about where a stack runs and who reaches it: regions, zones, exposure, placeholders."""

from __future__ import annotations

from collections.abc import Iterator

from config import placeholders, rules
from config.models import StackConfig
from sizing.catalog import Catalog
from sizing.offer_problems import first
from sizing.plan import Finding, Option, Replicas


def about_region(config: StackConfig, catalog: Catalog) -> Iterator[Finding]:
    region = config.region
    if region != catalog.price_region:
        yield Finding(
            level="WARNING",
            id="prices-of-another-region",
            message=f"costs are those of {catalog.price_region} ({catalog.prices_date}); {region} differs",
        )
    if not catalog.offerings.knows(region):
        yield Finding(
            level="WARNING",
            id="offerings-unknown",
            message=f"what {region} offers is not in sizing/data/offerings.json ({catalog.offerings.date}), so nothing "
            "was left out: pulumi up looks it up and may refuse the type",
        )


def about_zones(
    config: StackConfig,
    catalog: Catalog,
    *,
    instance_type: str,
    zones: int,
    replicas: Replicas,
    others: tuple[Option, ...],
) -> Iterator[Finding]:
    """``zones``: of the fleet; ``others``: machines that would do as well."""
    if zones == 1 and replicas.max > 1:
        yield _one_zone(config, catalog, instance_type=instance_type, replicas=replicas, others=others)
    offered = catalog.offerings.zones(instance_type, region=config.region)
    without = [zone for zone in config.network.zones or () if offered is not None and zone not in offered]
    if offered is not None and without:
        yield Finding(
            level="WARNING",
            id="zones-without-type",
            message=f"{instance_type} was offered in {', '.join(offered)} ({catalog.offerings.date}), not in "
            f"{', '.join(without)}, which network.zones names. AWS shuffles the letters of zones in each account, so "
            "yours may differ: pulumi up asks AWS and refuses too few zones",
        )


def _one_zone(
    config: StackConfig, catalog: Catalog, *, instance_type: str, replicas: Replicas, others: tuple[Option, ...]
) -> Finding:
    types = [other.instance_type for other in others if other.zones is None or other.zones > 1]
    regions = catalog.offerings.regions_of(instance_type, near=config.region, zones=2)
    ways = [f"compute.instanceType {first(types)}"] if types else []
    ways += [f"{instance_type} in {first(regions)}"] if regions else []
    more = f"; in more zones are {' or '.join(ways)}" if ways else ""
    return Finding(
        level="WARNING",
        id="one-zone",
        message=f"{config.region} offers {instance_type} in one zone only, so all {replicas.max} replicas are there "
        f"and one zone's failure takes all{more}",
    )


def about_endpoint(config: StackConfig) -> Iterator[Finding]:
    endpoint = config.endpoint
    if endpoint.exposure == "public" and _open_to_everyone(endpoint.allowed_cidrs):
        yield Finding(
            level="WARNING",
            id="open-to-everyone",
            message="the endpoint takes connections from every address (0.0.0.0/0), with API keys as the only guard: "
            "name the clients' networks in endpoint.allowedCidrs",
        )
    if endpoint.certificate_arn is not None and endpoint.domain is None:
        yield Finding(
            level="WARNING",
            id="certificate-without-domain",
            message="the endpoint output will be the load balancer's own name, which the certificate is not for, so "
            "clients refuse it: set endpoint.domain to the certificate's name",
        )
    if not endpoint.is_https:
        yield Finding(
            level="INFO",
            id="http-only",
            message="API keys, prompts and answers cross the network unencrypted; endpoint.hostedZoneId or "
            "endpoint.certificateArn ends that",
        )


def _open_to_everyone(allowed: tuple[str, ...] | None) -> bool:
    return allowed is None or any(map(rules.lets_everyone_in, allowed))


def about_placeholders(config: StackConfig) -> Iterator[Finding]:
    for entry in placeholders.left(config):
        yield Finding(
            level="WARNING",
            id="placeholder-left",
            message=f"{entry.key} still is {entry.text}, and pulumi up refuses that: put in {entry.todo}",
        )
