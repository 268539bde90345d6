"""From what is asked to what it takes. Pure: a configuration and a catalogue in, a Plan or every problem out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from config.errors import ConfigError, Problem
from config.models import StackConfig
from sizing.assemble import Choice, assemble
from sizing.capability import Floor, floor_of
from sizing.catalog import Catalog, Instance, load_catalog
from sizing.checks import demand_of, problems_with_model, problems_without_model
from sizing.choose import Demand
from sizing.fit_problems import closest, fit_problem, machine, no_machine
from sizing.flags import pinned_flags
from sizing.machines import Candidate, Kind, candidates, first_that_holds
from sizing.model_spec import ModelSpec
from sizing.named_types import named_candidates
from sizing.offer_problems import first, nothing_offered, type_not_offered
from sizing.parallel import largest_valid
from sizing.plan import Plan
from sizing.resolve import resolve_gpu_name, resolve_instance, resolve_model


class FitError(ConfigError):
    """Nothing holds what is asked; depends on every key of model, serving and compute at once."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A configuration with its names resolved; None: the planner's choice."""

    region: str
    model: ModelSpec
    demand: Demand
    floor: Floor
    instance: Instance | None
    gpu_name: str | None
    tensor_parallel: int | None


def make_plan(config: StackConfig, catalog: Catalog | None = None, *, root: Path = Path()) -> Plan:
    """The Plan of a configuration. ConfigError carries every problem; ``root``: where ``model.configFile`` starts."""
    catalog = catalog or load_catalog()
    wish = _resolve(config, catalog, root=root)
    narrow = _eligible(replace(wish, gpu_name=None), catalog)
    options = _options(wish, catalog, eligible=narrow)
    chosen = first_that_holds(options)
    named = _named(config, wish, catalog, options=narrow)
    wrong = [named] if isinstance(named, Problem) else []
    if chosen is None:
        raise FitError([_nothing_fits(config, wish, catalog, options=options), *wrong])
    if isinstance(named, Problem):
        raise FitError(wrong)
    free = narrow if wish.tensor_parallel is None else _eligible(_free(wish), catalog)
    return assemble(config, catalog, Choice(chosen=chosen, options=narrow, free=free, named=named))


def _resolve(config: StackConfig, catalog: Catalog, *, root: Path) -> Wish:
    """Names to records. ConfigError with everything that is wrong before a machine is tried."""
    flags, compute = pinned_flags(), config.compute
    model = resolve_model(config, catalog, root=root)
    instance = None if compute.instance_type == "auto" else resolve_instance(compute.instance_type, catalog)
    gpu_name = resolve_gpu_name(compute.gpu, catalog) if compute.gpu else None
    problems = [*problems_without_model(config, flags)]
    problems += [thing for thing in (model, instance, gpu_name) if isinstance(thing, Problem)]
    known_instance = None if isinstance(instance, Problem) else instance
    known_gpu = None if isinstance(gpu_name, Problem) else gpu_name
    if isinstance(model, Problem):
        raise ConfigError(problems)
    problems += problems_with_model(config, model, instance=known_instance, gpu_name=known_gpu, flags=flags)
    if problems:
        raise ConfigError(problems)
    wish = Wish(
        region=config.region,
        model=model,
        demand=demand_of(config, model),
        floor=floor_of(model, quantization=config.model.quantization, flags=flags),
        instance=known_instance,
        gpu_name=known_gpu,
        tensor_parallel=None if compute.tensor_parallel == "auto" else compute.tensor_parallel,
    )
    if known_instance and (problem := _type_not_offered(wish, known_instance, catalog)):
        raise ConfigError([problem])
    return wish


def _type_not_offered(wish: Wish, instance: Instance, catalog: Catalog) -> Problem | None:
    """Names what would do here, with as little else changed as possible."""
    if catalog.offerings.zone_count(instance.instance_type, region=wish.region) != 0:
        return None
    wider = (wish, replace(wish, gpu_name=None), replace(wish, gpu_name=None, tensor_parallel=None))
    found = (_holding_here(_eligible(each, catalog)) for each in wider)
    return type_not_offered(instance, catalog.offerings, region=wish.region, here=next(filter(None, found), ()))


def _eligible(wish: Wish, catalog: Catalog) -> tuple[Candidate, ...]:
    """Every machine that may be chosen without being asked for, cheapest first."""
    return candidates(
        wish.model,
        catalog,
        region=wish.region,
        demand=wish.demand,
        tensor_parallel=wish.tensor_parallel,
        gpu_name=wish.gpu_name,
        floor_capability=wish.floor.capability,
    )


def _free(wish: Wish) -> Wish:
    """As if no machine was asked for."""
    return replace(wish, instance=None, gpu_name=None, tensor_parallel=None)


def _options(wish: Wish, catalog: Catalog, *, eligible: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """What may be chosen from: the type asked for alone, or every eligible one with the GPU asked for."""
    if wish.instance is None:
        return tuple(each for each in eligible if each.gpu.name == wish.gpu_name) if wish.gpu_name else eligible
    return (_candidate(wish, wish.instance, catalog),)


def _named(
    config: StackConfig, wish: Wish, catalog: Catalog, *, options: tuple[Candidate, ...]
) -> tuple[Candidate, ...] | Problem:
    """The types of ``compute.capacity.types``."""

    def candidate_of(instance: Instance) -> Candidate:
        return _candidate(wish, instance, catalog)

    return named_candidates(config, catalog, floor=wish.floor, candidate_of=candidate_of, options=options)


def _candidate(wish: Wish, instance: Instance, catalog: Catalog) -> Candidate:
    kind = Kind(
        model=wish.model,
        gpu=instance.whole_gpu,
        tensor_parallel_size=wish.tensor_parallel or _largest(wish, instance),
        demand=wish.demand,
    )
    zones = catalog.offerings.zone_count(instance.instance_type, region=wish.region)
    return Candidate(kind=kind, instance=instance, zones=zones)


def _largest(wish: Wish, instance: Instance) -> int:
    return largest_valid(wish.model, limit=instance.gpu_count, quantization=wish.demand.quantization)


def _holding_here(options: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    return tuple(option for option in options if option.offered and option.holds)


def _nothing_fits(config: StackConfig, wish: Wish, catalog: Catalog, *, options: tuple[Candidate, ...]) -> Problem:
    """The one key to change: of the region where only it stands in the way, else of the machine or the demand."""
    free, demand = _eligible(_free(wish), catalog), wish.demand
    here = _holding_here(free)
    offered = tuple(option for option in options if option.offered)
    if not options:
        return no_machine(config, wish.floor, offered=tuple(dict.fromkeys(option.gpu.name for option in here)))
    abroad = [option for option in (*options, *free) if option.holds and _regions(option, wish, catalog)]
    if not offered or (abroad and not here and closest(offered, demand).longest == 0):
        best = (*abroad, *options)[0]
        return nothing_offered(config, catalog.offerings, best=best, here=here)
    words = ""
    if abroad:
        words = f"{machine(abroad[0])} holds it, offered in {first(_regions(abroad[0], wish, catalog))}"
    return fit_problem(config, wish.model, demand, options=offered, here=here, abroad=words)


def _regions(option: Candidate, wish: Wish, catalog: Catalog) -> tuple[str, ...]:
    return catalog.offerings.regions_of(option.instance.instance_type, near=wish.region)
