"""From the chosen machine to the whole Plan: cache, waits, cost, arguments, findings."""

from __future__ import annotations

from dataclasses import replace

from config.models import StackConfig
from sizing import extra_args, findings, network_findings
from sizing.cache_pool import ROOT_VOLUME_GIB, cache_pool
from sizing.catalog import Catalog
from sizing.choice_view import alternatives, rejected
from sizing.choose import Candidate, Demand
from sizing.cold_start import cold_start
from sizing.cost import Usage, cost_of
from sizing.flags import pinned_flags
from sizing.memory import max_concurrency
from sizing.model_spec import ModelSpec
from sizing.plan import CachePool, Cost, Finding, Plan, Replicas, Timers
from sizing.speed import Speed, speed_of
from sizing.timers import timers
from sizing.vllm_args import Invocation, vllm_args
from sizing.weights import checkpoint_bytes
from sizing.zones import nat_gateways, public_addresses, zones_of_fleet


def assemble(
    config: StackConfig,
    model: ModelSpec,
    catalog: Catalog,
    *,
    chosen: Candidate,
    others: tuple[Candidate, ...],
    demand: Demand,
) -> Plan:
    """The Plan for ``chosen``; ``others`` are all machines that could have been, for comparison."""
    replicas = Replicas(min=config.scaling.min, max=max(config.scaling.max or 0, config.scaling.min))
    launch = chosen.launch
    cache = cache_pool(
        model,
        chosen.instance,
        gpus=launch.tensor_parallel_size,
        replicas=replicas,
        zones=zones_of_fleet(config, offered=chosen.zones, replicas_max=replicas.max),
        size_gib=config.cache.size_gib,
    )
    start, speed = cold_start(model, chosen, cache=cache), speed_of(model, chosen)
    waits = timers(start=start, speed=speed)
    plan = Plan(
        stack=config.stack,
        model=model.id,
        served_name=_served_name(config),
        gated=model.gated,
        image=_image(config),
        instance_type=chosen.instance.instance_type,
        gpu=chosen.gpu.name,
        gpus_per_replica=launch.tensor_parallel_size,
        tensor_parallel_size=launch.tensor_parallel_size,
        pipeline_parallel_size=1,
        vllm_args=_arguments(config, chosen=chosen, waits=waits),
        memory=chosen.memory,
        max_concurrency=max_concurrency(chosen.memory, max_model_len=launch.max_model_len),
        max_model_len=launch.max_model_len,
        replicas=replicas,
        cost=_cost(config, model, catalog, chosen=chosen, replicas=replicas, cache=cache),
        cold_start=start,
        timers=waits,
        cache=cache,
        root_volume_gib=ROOT_VOLUME_GIB,
        alternatives=alternatives(chosen, others, demand),
        rejected=rejected(chosen, others, demand, region=config.region),
    )
    return replace(plan, findings=_findings(config, model, catalog, chosen=chosen, speed=speed, plan=plan))


def _served_name(config: StackConfig) -> str:
    return config.model.served_name or config.model.id


def _image(config: StackConfig) -> str:
    image = config.image
    return f"{image.repository}@{image.digest}" if image.digest else f"{image.repository}:{image.tag}"


def _cost(
    config: StackConfig,
    model: ModelSpec,
    catalog: Catalog,
    *,
    chosen: Candidate,
    replicas: Replicas,
    cache: CachePool,
) -> Cost:
    return cost_of(
        Usage(
            instance_type=chosen.instance.instance_type,
            instance_usd=chosen.instance.hourly_usd,
            instance_prices_date=catalog.prices_date,
            replicas=replicas.min,
            cache=cache,
            nat_gateways=nat_gateways(config),
            public_addresses=public_addresses(config),
            model_gb=checkpoint_bytes(model) / 1e9,
            secrets=[config.endpoint.api_keys_secret_arn, config.model.token_secret_arn].count(None),
        )
    )


def _arguments(config: StackConfig, *, chosen: Candidate, waits: Timers) -> tuple[str, ...]:
    return vllm_args(
        Invocation(
            model_id=config.model.id,
            served_name=_served_name(config),
            revision=config.model.revision,
            launch=chosen.launch,
            shutdown_timeout_s=waits.shutdown_timeout_s,
            extra=extra_args.arguments(config.serving.extra_args, pinned_flags()),
        )
    )


def _findings(
    config: StackConfig,
    model: ModelSpec,
    catalog: Catalog,
    *,
    chosen: Candidate,
    speed: Speed,
    plan: Plan,
) -> tuple[Finding, ...]:
    """Warnings first."""
    found = (
        *network_findings.about_placeholders(config),
        *network_findings.about_region(config, catalog),
        *network_findings.about_zones(
            config,
            catalog,
            instance_type=plan.instance_type,
            zones=plan.cache.zones,
            replicas=plan.replicas,
            others=plan.alternatives,
        ),
        *findings.about_machine(chosen),
        *findings.about_image(config),
        *findings.about_time(speed, plan.timers),
        *findings.about_cost(config, plan.cost),
        *network_findings.about_endpoint(config),
        *findings.about_model(config, model, chosen),
        *findings.unpinned(config),
    )
    return tuple(sorted(found, key=lambda finding: finding.level != "WARNING"))
