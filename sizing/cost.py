"""What a plan costs per hour at the minimum of replicas, item by item; on-demand prices of us-east-1."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from sizing.cache_pool import GP3_IOPS, GP3_MIBPS, ROOT_VOLUME_GIB
from sizing.catalog import DATA
from sizing.plan import CachePool, Cost, CostItem

HOURS_PER_MONTH = 730
ASSUMED_LOG_GB = 1.0  # per month and replica
ASSUMED_IMAGE_GB = 12.0  # pulled through NAT, per month and replica, beside one download of the model
ALARMS = 6  # tests/program/test_cost.py counts them in the graph


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What is paid for. ``instance_usd`` is None where no on-demand price is listed.

    ``model_gb``: of one download; ``public_addresses``: of NAT gateways and of a public load balancer.
    """

    instance_type: str
    instance_usd: float | None
    instance_prices_date: str
    replicas: int
    cache: CachePool
    nat_gateways: int
    public_addresses: int
    model_gb: float
    secrets: int


@cache
def prices() -> dict[str, float | str]:
    """The committed prices other than those of instances, with their source, date and region."""
    document: dict[str, float | str] = json.loads((DATA / "prices.json").read_text())
    return document


def _price(name: str) -> float:
    return float(prices()[name])


def _monthly(name: str) -> float:
    return _price(name) / HOURS_PER_MONTH


def gp3_monthly_usd(*, size_gib: int, iops: int, throughput_mibps: int) -> float:
    """Of one gp3 volume: the first 3000 IOPS and 125 MiB/s are in the price of its size."""
    return (
        size_gib * _price("ebs_gp3_gib_month")
        + max(iops - GP3_IOPS[0], 0) * _price("ebs_gp3_iops_month")
        + max(throughput_mibps - GP3_MIBPS[0], 0) * _price("ebs_gp3_mibps_month")
    )


def _slot_usd(cache: CachePool) -> float:
    """Of one cache slot, per hour."""
    monthly = gp3_monthly_usd(size_gib=cache.size_gib, iops=cache.iops, throughput_mibps=cache.throughput_mibps)
    return monthly / HOURS_PER_MONTH


def _rows(usage: Usage) -> list[tuple[str, float, str, float, str]]:
    """Name, quantity, unit, price of one per hour, note."""
    count, cache = usage.replicas, usage.cache
    slot = f"{cache.size_gib} GiB gp3, {cache.throughput_mibps} MiB/s, {cache.iops} IOPS"
    listed = "on-demand" if usage.instance_usd is not None else "no on-demand price is listed: counted as 0"
    return [
        ("instances", count, usage.instance_type, usage.instance_usd or 0.0, listed),
        ("root volumes", count, f"{ROOT_VOLUME_GIB} GiB gp3", ROOT_VOLUME_GIB * _monthly("ebs_gp3_gib_month"), ""),
        ("cache slots", cache.zones * cache.slots_per_zone, slot, _slot_usd(cache), "kept when nothing runs"),
        (
            "load balancer",
            1,
            "load balancer",
            _price("load_balancer_hour") + _price("load_balancer_unit_hour"),
            "one capacity unit assumed",
        ),
        ("nat gateways", usage.nat_gateways, "gateway", _price("nat_gateway_hour"), ""),
        (
            "nat traffic",
            round((ASSUMED_IMAGE_GB + usage.model_gb) * count) if usage.nat_gateways else 0,
            "GB/month",
            _monthly("nat_gateway_gb"),
            "image and model once a month assumed",
        ),
        ("public addresses", usage.public_addresses, "IPv4 address", _price("public_ipv4_hour"), ""),
        ("logs", ASSUMED_LOG_GB * count, "GB/month", _monthly("log_ingest_gb"), "assumed"),
        ("secrets", usage.secrets, "secret", _monthly("secret_month"), ""),
        ("alarms", ALARMS, "alarm", _monthly("alarm_month"), ""),
        ("dashboard", 1, "dashboard", _monthly("dashboard_month"), "the first three of an account are free"),
    ]


def cost_of(usage: Usage) -> Cost:
    """Hourly and monthly (730 h), with every item that is not zero."""
    source = f"{prices()['region']}, {prices()['date']}"
    listed = f"{prices()['region']}, {usage.instance_prices_date}"
    items = tuple(
        CostItem(
            name=name,
            quantity=quantity,
            unit=unit,
            hourly_usd=round(quantity * each, 5),
            note=": ".join(filter(None, (listed if name == "instances" else source, note))),
        )
        for name, quantity, unit, each, note in _rows(usage)
        if quantity
    )
    hourly = sum(item.hourly_usd for item in items)
    return Cost(hourly_usd=round(hourly, 4), monthly_usd=round(hourly * HOURS_PER_MONTH, 2), items=items)
