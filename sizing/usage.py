"""What a plan uses, to be paid for."""

from __future__ import annotations

from config.models import StackConfig
from sizing import private
from sizing.catalog import Catalog
from sizing.cost import Usage
from sizing.fleet_plan import ScalingPlan
from sizing.machines import Candidate
from sizing.plan import CachePool
from sizing.request_size import firewall_rules
from sizing.weights import checkpoint_bytes
from sizing.zones import nat_gateways, public_addresses

WAKING_ALARMS = 2  # one ends the last replica, one starts the first
NO_CAPACITY, SCALE_IN, TARGET_TRACKING, WAKING = 1, 1, 1, 4  # metrics beyond the first
MEANT_TO_BE_EMPTY = 5  # of alarms that ask the group how many replicas there are to be


def usage_of(
    config: StackConfig, catalog: Catalog, *, chosen: Candidate, cache: CachePool, scaling: ScalingPlan
) -> Usage:
    """With the least replicas of the chosen type, on demand."""
    return Usage(
        instance_type=chosen.instance.instance_type,
        instance_usd=chosen.instance.hourly_usd,
        instance_prices_date=catalog.prices_date,
        replicas=config.scaling.min,
        cache=cache,
        nat_gateways=nat_gateways(config),
        interface_endpoints=private.interface_addresses(config),
        public_addresses=public_addresses(config),
        model_gb=0.0 if config.model.source else checkpoint_bytes(chosen.model) / 1e9,  # S3 has an endpoint of its own
        secrets=[config.endpoint.api_keys_secret_arn, config.model.token_secret_arn].count(None),
        image_in_registry=config.image.build is not None or config.image.pull_through is not None,
        certificate=config.endpoint.is_https,
        prometheus=config.monitoring.prometheus == "amp",
        own_key=config.encryption.own_key,
        firewall_rules=firewall_rules(config.endpoint),
        access_logs=config.endpoint.access_logs,
        scaling_alarms=scaling.follows_load + (0 if scaling.idle_s is None else WAKING_ALARMS),
        alarm_metrics=_alarm_metrics(scaling),
    )


def _alarm_metrics(scaling: ScalingPlan) -> int:
    """Beyond the first of each alarm; tests/program/test_cost.py counts them in the graph, but for the alarm that AWS
    makes for target tracking."""
    wakes = scaling.idle_s is not None
    return (
        NO_CAPACITY
        + (SCALE_IN + TARGET_TRACKING if scaling.follows_load else 0)
        + (WAKING if wakes else 0)
        + (MEANT_TO_BE_EMPTY if wakes or scaling.schedules else 0)
    )
