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
ASSUMED_REQUESTS_MILLION = 1.0  # a month; some 0.3 GB of access logs, of which 90 days are kept
ASSUMED_ACCESS_LOGS_GB = 1.0
ASSUMED_IMAGE_GB = 12.0  # pulled per month and replica, beside one download of the model
MINUTES_PER_MONTH = HOURS_PER_MONTH * 60
ALARMS, COMPOSITE_ALARMS = 31, 8  # tests/program/test_cost.py counts them in the graph
CUSTOM_METRICS = 24  # that hosts put every minute (monitoring.published, a test compares); others are rare
ASSUMED_SERIES = 350  # of one host: vLLM 0.32.0 has 310 (monitoring/data/vllm_metrics.json), the host itself the rest
NOTHING = Cost(hourly_usd=0.0, monthly_usd=0.0, items=())  # of a machine that one has


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What is paid for. ``instance_usd`` is None where no on-demand price is listed.

    ``model_gb``: of one download; ``public_addresses``: of NAT gateways and of a public load balancer;
    ``image_in_registry``: the stack keeps the image in ECR, from where hosts get its layers over the S3 endpoint.
    ``certificate``: the endpoint has one, whose end is watched; ``prometheus``: hosts write to a workspace.
    ``own_key``: the stack makes a KMS key. ``firewall_rules``: 0 for no firewall. ``scaling_alarms``: that add and
    take away replicas. ``alarm_metrics``: of alarms on several, those beyond the first; AWS counts each.
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
    image_in_registry: bool = False
    certificate: bool = False
    prometheus: bool = False
    own_key: bool = False
    interface_endpoints: int = 0
    firewall_rules: int = 0
    access_logs: bool = False
    scaling_alarms: int = 0
    alarm_metrics: int = 0


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


_Row = tuple[str, float, str, float, str]
"""Name, quantity, unit, price of one per hour, note."""


def _rows(usage: Usage) -> list[_Row]:
    count, cache = usage.replicas, usage.cache
    slot = f"{cache.size_gib} GiB gp3, {cache.throughput_mibps} MiB/s, {cache.iops} IOPS"
    pulled_gb = usage.model_gb if usage.image_in_registry else ASSUMED_IMAGE_GB + usage.model_gb
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
        (
            "private endpoints",
            usage.interface_endpoints,
            "endpoint and zone",
            _price("interface_endpoint_zone_hour"),
            "what goes through them is below a USD",
        ),
        ("nat gateways", usage.nat_gateways, "gateway", _price("nat_gateway_hour"), ""),
        (
            "nat traffic",
            round(pulled_gb * count) if usage.nat_gateways else 0,
            "GB/month",
            _monthly("nat_gateway_gb"),
            "model once a month assumed" if usage.image_in_registry else "image and model once a month assumed",
        ),
        (
            "image storage",
            ASSUMED_IMAGE_GB if usage.image_in_registry else 0,
            "GB/month",
            _monthly("registry_gb_month"),
            "one version of vLLM assumed: its images share layers",
        ),
        ("public addresses", usage.public_addresses, "IPv4 address", _price("public_ipv4_hour"), ""),
        ("secrets", usage.secrets, "secret", _monthly("secret_month"), ""),
        (
            "encryption key",
            int(usage.own_key),
            "KMS key",
            _monthly("kms_key_month"),
            "one more after each of the first two yearly rotations; its calls are below a cent",
        ),
        *_front(usage),
        *_watching(usage),
    ]


def _front(usage: Usage) -> list[_Row]:
    """What stands before the load balancer. A certificate of ACM's own and an alias record are free."""
    firewall = usage.firewall_rules > 0
    return [
        ("firewall", int(firewall), "web ACL", _monthly("web_acl_month"), ""),
        ("firewall rules", usage.firewall_rules, "rule", _monthly("web_acl_rule_month"), ""),
        (
            "firewall requests",
            ASSUMED_REQUESTS_MILLION if firewall else 0,
            "million/month",
            _monthly("web_acl_requests_million"),
            "assumed",
        ),
        (
            "access logs",
            ASSUMED_ACCESS_LOGS_GB if usage.access_logs else 0,
            "GB/month",
            _monthly("s3_gb_month"),
            "a million requests a month assumed, kept for 90 days",
        ),
    ]


def _watching(usage: Usage) -> list[_Row]:
    """What it costs to know how the stack is.

    Metrics are put by PutMetricData, one request a minute and host. In embedded format, as log lines, the same numbers
    would be some 0.1 GB a month and host and so cost an eighth of the requests, but a line has at most 100 values of a
    metric and no counts beside them: latencies of more requests than that would be no percentiles any more.
    """
    count = usage.replicas
    requests, samples = count * MINUTES_PER_MONTH / 1e3, count * ASSUMED_SERIES * MINUTES_PER_MONTH / 1e6
    return [
        ("logs", ASSUMED_LOG_GB * count, "GB/month", _monthly("log_ingest_gb"), "assumed"),
        ("metrics", CUSTOM_METRICS, "metric", _monthly("custom_metric_month"), "of all hosts together"),
        (
            "metric requests",
            round(requests, 1),
            "thousand/month",
            _monthly("metric_requests_thousand"),
            "one a minute and host, seldom two",
        ),
        ("alarms", ALARMS + usage.certificate + usage.scaling_alarms, "alarm", _monthly("alarm_month"), ""),
        ("metrics of alarms", usage.alarm_metrics, "metric", _monthly("alarm_month"), "of alarms that compare several"),
        ("composite alarms", COMPOSITE_ALARMS, "alarm", _monthly("composite_alarm_month"), ""),
        ("dashboard", 1, "dashboard", _monthly("dashboard_month"), "the first three of an account are free"),
        (
            "prometheus samples",
            round(samples, 1) if usage.prometheus else 0,
            "million/month",
            _monthly("prometheus_samples_million"),
            f"{ASSUMED_SERIES} series a host assumed; what is kept and asked for is below a cent",
        ),
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
