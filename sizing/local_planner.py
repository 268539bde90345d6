"""From what is asked to what it takes on this machine: the same model of memory, with nothing to choose or to pay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from config.errors import ConfigError, Problem
from config.models import StackConfig
from sizing import checks
from sizing.assemble import Choice, assemble
from sizing.capability import floor_of
from sizing.catalog import Catalog, load_catalog
from sizing.choose import Demand
from sizing.cpu import CPU_UTILIZATION, kv_space_gib, with_kv_space
from sizing.flags import FlagSet, pinned_flags
from sizing.local import Hardware
from sizing.local_fit import local_fit_problem
from sizing.local_machine import Machine, machine_of
from sizing.machines import Candidate, Kind
from sizing.model_spec import ModelSpec
from sizing.parallel import largest_valid
from sizing.plan import LocalPlan, Plan
from sizing.planner import FitError
from sizing.resolve import resolve_model


def make_local_plan(
    config: StackConfig, hardware: Hardware, catalog: Catalog | None = None, *, root: Path = Path()
) -> Plan:
    """The Plan for this machine. ConfigError carries every problem; ``root``: where ``model.configFile`` starts."""
    catalog, flags = catalog or load_catalog(), pinned_flags()
    model = resolve_model(config, catalog, root=root)
    machine = machine_of(config.compute, hardware, catalog)
    problems = [*checks.problems_without_model(config, flags)]
    problems += [thing for thing in (model, machine) if isinstance(thing, Problem)]
    if isinstance(model, ModelSpec):
        problems += _with_model(config, model, machine if isinstance(machine, Machine) else None, flags)
    if problems or isinstance(model, Problem) or isinstance(machine, Problem):
        raise ConfigError(problems)
    chosen = _candidate(config, model, machine)
    if not chosen.holds:
        raise FitError([local_fit_problem(chosen, hardware, catalog)])
    local = LocalPlan(gpus=machine.gpus)
    if chosen.launch.on_cpu:
        space = kv_space_gib(chosen)
        chosen = with_kv_space(chosen, gib=space)
        local = replace(local, cpu_kv_space_gib=space)
    return assemble(config, catalog, Choice(chosen=chosen, local=local, notes=machine.notes))


def _candidate(config: StackConfig, model: ModelSpec, machine: Machine) -> Candidate:
    instance, asked = machine.instance, config.compute.tensor_parallel
    size = largest_valid(model, limit=instance.gpu_count, quantization=config.model.quantization)
    kind = Kind(
        model=model,
        gpu=instance.whole_gpu,
        tensor_parallel_size=size if asked == "auto" else asked,
        demand=_demand(config, model, machine),
    )
    return Candidate(kind=kind, instance=instance)


def _demand(config: StackConfig, model: ModelSpec, machine: Machine) -> Demand:
    demand = checks.demand_of(config, model)
    if machine.gpus is None and config.serving.gpu_memory_utilization is None:
        return replace(demand, gpu_memory_utilization=CPU_UTILIZATION)
    return demand


def _with_model(config: StackConfig, model: ModelSpec, machine: Machine | None, flags: FlagSet) -> list[Problem]:
    found = [checks.length_problem(config, model), checks.quantization_problem(config, model, flags)]
    if machine is not None and machine.gpus is not None:
        found.append(checks.parallel_problem(config, model, machine.instance))
        found.append(_too_old(config, model, machine, flags))
    return [problem for problem in found if problem is not None]


def _too_old(config: StackConfig, model: ModelSpec, machine: Machine, flags: FlagSet) -> Problem | None:
    gpu = machine.instance.whole_gpu
    floor = floor_of(model, quantization=config.model.quantization, flags=flags)
    if gpu.compute_capability >= floor.capability:
        return None
    by_method = config.model.quantization is not None
    return Problem(
        path="vllm:model.quantization" if by_method else "vllm:model.id",
        given=config.model.quantization or model.id,
        allowed=f"what runs on {gpu.name}, of compute capability {gpu.compute_capability:g}",
        example="awq" if by_method else "Qwen/Qwen2.5-1.5B-Instruct",
        message=f"{gpu.name} of this machine is too old for it: {floor.reason}",
    )
