"""From the chosen machine to the whole Plan: cache, waits, cost, arguments, findings."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

from config.models import StackConfig
from sizing import (
    advice,
    extra_args,
    findings,
    fleet_findings,
    local_findings,
    margin,
    network_findings,
    own_values,
    private,
)
from sizing.cache_pool import ROOT_VOLUME_GIB, cache_pool
from sizing.capacity_plan import capacity_plan, host_types, stand_ins
from sizing.catalog import Catalog
from sizing.change_plan import change_plan
from sizing.choice_view import alternatives, machine_of, rejected, running
from sizing.cold_start import cold_start, local_cold_start
from sizing.cold_start import slowest as slowest_start
from sizing.cost import NOTHING, Usage, cost_of
from sizing.cpu import CPU_REPOSITORY
from sizing.driver import driver_needed
from sizing.equivalents import StandIns
from sizing.flags import pinned_flags
from sizing.launch import Launch
from sizing.loading import loader_mibps, prefetches
from sizing.machines import Candidate
from sizing.media import NO_DOMAIN, may_fetch
from sizing.memory import max_concurrency
from sizing.model_source import model_argument
from sizing.plan import CachePool, ColdStart, Finding, LocalPlan, Plan, Throughput, Timers
from sizing.queue_bound import queue_bound
from sizing.reasons import asked_flags, reasons
from sizing.request_size import longest_request_bytes
from sizing.scaling_plan import bounds, scaling_plan
from sizing.speed import Speed, speed_of
from sizing.speed import slowest as slowest_speed
from sizing.throughput import throughput_of, typical_load
from sizing.timers import timers
from sizing.usage import usage_of
from sizing.vllm_args import Invocation, decided, values, vllm_args
from sizing.weights import GIB, checkpoint_bytes
from sizing.zones import zones_of_fleet


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The machine; ``options``: every one that could have been, as ``compute`` narrows them (but for the GPU's name);
    ``free``: every one, as if ``compute`` asked for nothing. Both with the preferred first, and empty on this machine,
    of which ``local`` and ``notes`` say what is special. ``named``: those of ``compute.capacity.types``.
    """

    chosen: Candidate
    options: tuple[Candidate, ...] = ()
    free: tuple[Candidate, ...] = ()
    named: tuple[Candidate, ...] = ()
    local: LocalPlan | None = None
    notes: tuple[Finding, ...] = ()


def assemble(config: StackConfig, catalog: Catalog, choice: Choice) -> Plan:
    """The Plan for ``choice.chosen``, its neighbours in price and its stand-ins."""
    chosen = choice.chosen
    model, launch = chosen.model, chosen.launch
    replicas = bounds(config.scaling)
    others = stand_ins(config.compute.capacity, chosen, options=choice.options, named=choice.named)
    prefetch = _prefetches(config, chosen)
    loader = loader_mibps(gpus=launch.tensor_parallel_size, prefetch=prefetch)
    cache = cache_pool(
        model,
        chosen.instance,
        loader_mibps=loader,
        replicas=replicas,
        zones=zones_of_fleet(config, offered=chosen.zones, replicas_max=replicas.most),
        size_gib=config.cache.size_gib,
    )
    # One template has one set of timers, which must hold on every type.
    speed = slowest_speed(speed_of(model, each) for each in (chosen, *others))
    start = slowest_start(_cold_start(config, each, cache=cache) for each in (chosen, *others))
    start = start if choice.local is None else local_cold_start(model, start, on_cpu=launch.on_cpu)
    waits, throughput = timers(start=start, speed=speed), _throughput(chosen)
    call = _invocation(config, chosen, waits=waits, throughput=throughput, prefetch=prefetch)
    types = _types(config, chosen, call=call, waits=waits)
    on_aws = choice.local is None
    scales = scaling_plan(config.scaling, start=start, planned_concurrency=running(chosen))
    usage = usage_of(config, catalog, chosen=chosen, cache=cache, scaling=scales)
    plan = Plan(
        stack=config.stack,
        model=model.id,
        served_name=_served_name(config),
        gated=model.gated,
        image=_image(config, on_cpu=launch.on_cpu),
        instance_type=chosen.instance.instance_type,
        gpu=chosen.gpu.name,
        gpus_per_replica=0 if launch.on_cpu else launch.tensor_parallel_size,
        tensor_parallel_size=launch.tensor_parallel_size,
        pipeline_parallel_size=1,
        vllm_args=types.own,
        memory=chosen.memory,
        max_concurrency=max_concurrency(chosen.memory, max_model_len=launch.max_model_len),
        max_model_len=launch.max_model_len,
        longest_request_bytes=longest_request_bytes(model, max_model_len=launch.max_model_len),
        replicas=replicas,
        cost=cost_of(usage) if on_aws else NOTHING,
        cold_start=start,
        timers=waits,
        cache=cache,
        root_volume_gib=ROOT_VOLUME_GIB,
        checkpoint_gib=math.ceil(checkpoint_bytes(model) / GIB),
        driver_needed=driver_needed(config.image.tag),
        alternatives=alternatives(chosen, choice.options),
        rejected=rejected(chosen, choice.options, region=config.region),
        equivalents=types.best(choice.options),
        flags=decided(call),
        throughput=throughput,
        instance_gpus=0 if launch.on_cpu else chosen.instance.gpu_count,
        typical_tokens=chosen.demand.typical_tokens,
        requests=chosen.requests,
        kv_band_gib=0.0 if launch.on_cpu else margin.band_gib(chosen),
        local=choice.local,
        host_types=host_types(chosen, own=types.own, others=types.each(others)) if on_aws else (),
        capacity=capacity_plan(config.compute.capacity) if on_aws else None,
        scaling=scales if on_aws else None,
        change=change_plan(config, replicas) if on_aws else None,
    )
    return replace(plan, findings=_findings(config, catalog, choice, speed=speed, plan=plan, usage=usage))


def _types(config: StackConfig, chosen: Candidate, *, call: Invocation, waits: Timers) -> StandIns:
    """How vLLM is started on the chosen type, and on any other."""
    extra = extra_args.arguments(config.serving.extra_args, pinned_flags())

    def arguments_of(option: Candidate, prefetch: bool) -> tuple[str, ...]:
        bound = _bound(option.launch, waits=waits, throughput=_throughput(option))
        there = values(replace(call, prefetch=prefetch), option.launch, bound=bound)
        return vllm_args(model_argument(config.model), there, extra=extra)

    return StandIns(
        chosen=chosen,
        own=arguments_of(chosen, call.prefetch),
        arguments_of=arguments_of,
        prefetches=partial(_prefetches, config),
    )


def _prefetches(config: StackConfig, option: Candidate) -> bool:
    return not option.launch.on_cpu and prefetches(option.model, option.instance, given=_given(config))


def _cold_start(config: StackConfig, option: Candidate, *, cache: CachePool) -> ColdStart:
    """The slot is as fast as the chosen type can read it; another type's link to it may be slower."""
    loader = loader_mibps(gpus=option.launch.tensor_parallel_size, prefetch=_prefetches(config, option))
    loader = loader if option.instance.is_local else min(loader, int(option.instance.ebs_mibps))
    return cold_start(option.model, option, cache=cache, loader_mibps=loader)


def _throughput(chosen: Candidate) -> Throughput:
    """With as many requests of the typical length as run at once."""
    load = typical_load(running=running(chosen), typical_tokens=chosen.demand.typical_tokens)
    return throughput_of(chosen.model, machine_of(chosen), load=load, hourly_usd=chosen.instance.hourly_usd)


def _served_name(config: StackConfig) -> str:
    return config.model.served_name or config.model.id


def _image(config: StackConfig, *, on_cpu: bool) -> str:
    image = config.image
    if on_cpu and "repository" not in image.model_fields_set:
        return f"{CPU_REPOSITORY}:{image.tag}"  # a digest is of the other repository's image
    return f"{image.repository}@{image.digest}" if image.digest else f"{image.repository}:{image.tag}"


def _bound(launch: Launch, *, waits: Timers, throughput: Throughput) -> int:
    return queue_bound(throughput, max_num_seqs=launch.max_num_seqs, idle_timeout_s=waits.idle_timeout_s)


def _given(config: StackConfig) -> tuple[str, ...]:
    """The flags of ``extraArgs``, as vLLM spells them."""
    found = map(pinned_flags().find, config.serving.extra_args)
    return tuple(flag.name for flag in found if flag is not None)


def _invocation(
    config: StackConfig, chosen: Candidate, *, waits: Timers, throughput: Throughput, prefetch: bool
) -> Invocation:
    bound = _bound(chosen.launch, waits=waits, throughput=throughput)
    return Invocation(
        model_id=config.model.id,
        served_name=_served_name(config),
        revision=config.model.revision,
        launch=chosen.launch,
        shutdown_timeout_s=waits.shutdown_timeout_s,
        max_num_queued_reqs=bound,
        prefetch=prefetch,
        media_domain=NO_DOMAIN if may_fetch(chosen.model) else None,
        reasons=reasons(config, chosen, bound=bound, throughput=throughput),
        asked=asked_flags(config),
        given=frozenset(f"--{name}" for name in _given(config)),
    )


def _findings(
    config: StackConfig, catalog: Catalog, choice: Choice, *, speed: Speed, plan: Plan, usage: Usage
) -> tuple[Finding, ...]:
    """Warnings first."""
    chosen = choice.chosen
    found: tuple[Finding, ...] = (
        local_findings.about_local(config, chosen, speed=speed, plan=plan, notes=choice.notes)
        if choice.local is not None
        else _findings_on_aws(config, catalog, choice, speed=speed, plan=plan, usage=usage)
    )
    return tuple(sorted(found, key=lambda finding: finding.level != "WARNING"))


def _findings_on_aws(
    config: StackConfig, catalog: Catalog, choice: Choice, *, speed: Speed, plan: Plan, usage: Usage
) -> tuple[Finding, ...]:
    chosen = choice.chosen
    return (
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
        *margin.about_margin(chosen),
        *findings.about_machine(chosen),
        *findings.about_stand_ins(each for each in choice.named if each.instance is not chosen.instance),
        *findings.about_image(config),
        *findings.about_time(speed, plan.timers),
        *findings.about_cost(config, plan.cost),
        *fleet_findings.about_fleet(config, plan, speed=speed, usage=usage),
        *own_values.about_values(config, chosen, free=choice.free, waits=plan.timers),
        *advice.about_chances(config, chosen, options=choice.options, arguments=plan.flags),
        *network_findings.about_endpoint(config),
        *private.about_private_hosts(config),
        *findings.about_model(config, chosen.model, chosen),
        *findings.unpinned(config),
    )
