"""From what is asked to what it takes. Pure: a configuration and a catalogue in, a Plan or every problem out."""

from __future__ import annotations

from pathlib import Path

from config.errors import ConfigError, Problem
from config.models import StackConfig
from sizing import extra_args
from sizing.assemble import assemble
from sizing.catalog import Catalog, Instance, load_catalog
from sizing.checks import configuration_problems, demand_of
from sizing.choose import FLOOR_CAPABILITY, Candidate, Demand, candidate, candidates, cheapest
from sizing.fit_problems import fit_problem, no_machine
from sizing.flags import pinned_flags
from sizing.model_spec import ModelSpec
from sizing.parallel import largest_valid
from sizing.plan import Plan
from sizing.quantization import vllm_name
from sizing.resolve import resolve_gpu_name, resolve_instance, resolve_model


class FitError(ConfigError):
    """Nothing holds what is asked; depends on every key of model, serving and compute at once."""


def make_plan(config: StackConfig, catalog: Catalog | None = None, *, root: Path = Path()) -> Plan:
    """The Plan of a configuration. ConfigError carries every problem; ``root``: where ``model.configFile`` starts."""
    catalog = catalog or load_catalog()
    flags = pinned_flags()
    problems = list(extra_args.problems(config.serving.extra_args, flags))
    model = resolve_model(config, catalog, root=root)
    instance = _asked_instance(config, catalog)
    gpu_name = resolve_gpu_name(config.compute.gpu, catalog) if config.compute.gpu else None
    problems += [thing for thing in (model, instance, gpu_name) if isinstance(thing, Problem)]
    if isinstance(model, Problem):
        raise ConfigError(problems)
    known = instance if isinstance(instance, Instance) else None
    problems += configuration_problems(config, model, instance=known, flags=flags)
    if problems:
        raise ConfigError(problems)
    demand = demand_of(config, model)
    options = _options(
        config, model, catalog, demand=demand, instance=known, gpu_name=str(gpu_name) if gpu_name else None
    )
    chosen = cheapest(options, demand)
    if chosen is None:
        raise FitError([_nothing_fits(config, model, catalog, demand=demand, options=options)])
    others = _auto(config, model, catalog, demand=demand)
    return assemble(config, model, catalog, chosen=chosen, others=others, demand=demand)


def _asked_instance(config: StackConfig, catalog: Catalog) -> Instance | Problem | None:
    asked = config.compute.instance_type
    return None if asked == "auto" else resolve_instance(asked, catalog)


def _asked_tp(config: StackConfig) -> int | None:
    asked = config.compute.tensor_parallel
    return None if asked == "auto" else asked


def _floor_capability(demand: Demand, model: ModelSpec) -> float:
    method = demand.quantization or (vllm_name(model.quantization) if model.quantization else None)
    return max(FLOOR_CAPABILITY, (pinned_flags().capability_of(method) or 0.0) if method else 0.0)


def _auto(
    config: StackConfig, model: ModelSpec, catalog: Catalog, *, demand: Demand, gpu_name: str | None = None
) -> tuple[Candidate, ...]:
    return candidates(
        model,
        catalog,
        demand=demand,
        tensor_parallel=_asked_tp(config),
        gpu_name=gpu_name,
        floor_capability=_floor_capability(demand, model),
    )


def _options(
    config: StackConfig,
    model: ModelSpec,
    catalog: Catalog,
    *,
    demand: Demand,
    instance: Instance | None,
    gpu_name: str | None,
) -> tuple[Candidate, ...]:
    """What may be chosen from: the type asked for alone, or every eligible one."""
    if instance is None:
        return _auto(config, model, catalog, demand=demand, gpu_name=gpu_name)
    gpu = instance.gpu
    floor = _floor_capability(demand, model)
    if gpu is None or gpu.compute_capability < floor or gpu_name not in (None, gpu.name):
        return ()
    tp = _asked_tp(config) or largest_valid(model, limit=instance.gpu_count)
    return (candidate(model, instance, gpu, tensor_parallel_size=tp, demand=demand),)


def _nothing_fits(
    config: StackConfig,
    model: ModelSpec,
    catalog: Catalog,
    *,
    demand: Demand,
    options: tuple[Candidate, ...],
) -> Problem:
    elsewhere = tuple(o for o in _auto(config, model, catalog, demand=demand) if o.holds(demand))
    if options:
        return fit_problem(config, model, demand, options=options, elsewhere=elsewhere)
    return no_machine(
        config,
        reason="no known instance type has this GPU, this many of it, and what the model's format needs",
        example=elsewhere[0].gpu.name if config.compute.gpu and elsewhere else "auto",
    )
