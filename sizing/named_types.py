"""The types of ``compute.capacity.types`` that a person names: each must hold what is asked, in this region."""

from __future__ import annotations

from collections.abc import Callable

from config.errors import Problem
from config.models import StackConfig
from sizing.capability import Floor
from sizing.catalog import Catalog, Instance
from sizing.choice_view import one_per_kind, reason
from sizing.machines import Candidate, that_hold
from sizing.resolve import resolve_instance

SHOWN = 3

CandidateOf = Callable[[Instance], Candidate]


def named_types(config: StackConfig) -> tuple[str, ...]:
    wanted = config.compute.capacity
    return wanted.types if wanted is not None and isinstance(wanted.types, tuple) else ()


def named_candidates(
    config: StackConfig, catalog: Catalog, *, floor: Floor, candidate_of: CandidateOf, options: tuple[Candidate, ...]
) -> tuple[Candidate, ...] | Problem:
    """Those that are named, in that order; or why some of them cannot stand in. ``options``: to suggest from."""
    names = named_types(config)
    found = [_candidate(config, name, catalog, floor=floor, candidate_of=candidate_of) for name in names]
    reasons = [f"{name}: {each}" for name, each in zip(names, found, strict=True) if isinstance(each, str)]
    if not reasons:
        return tuple(each for each in found if isinstance(each, Candidate))
    good = [each.instance.instance_type for each in found if isinstance(each, Candidate)]
    here = [each.instance.instance_type for each in one_per_kind(that_hold(options))][:SHOWN]
    how_many = "no usable option" if not good else f"{len(reasons)} of {len(names)} cannot stand in"
    return Problem(
        path="vllm:compute.capacity.types",
        given=", ".join(names),
        allowed="auto, or types that hold the model and what serving asks"
        + (f", such as {', '.join(here)}" if here else ""),
        example=f"[{', '.join(good or here)}]" if good or here else "auto",
        message=f"{how_many}: {'; '.join(reasons)}",
    )


def _candidate(
    config: StackConfig, name: str, catalog: Catalog, *, floor: Floor, candidate_of: CandidateOf
) -> Candidate | str:
    """Or why it cannot stand in."""
    instance, wanted = resolve_instance(name, catalog), config.compute.tensor_parallel
    if isinstance(instance, Problem):
        return instance.message
    gpu = instance.whole_gpu
    if gpu.compute_capability < floor.capability:
        return f"its {gpu.name} has compute capability {gpu.compute_capability}: {floor.reason}"
    if wanted != "auto" and wanted > instance.gpu_count:
        return f"it has {instance.gpu_count} GPUs, and compute.tensorParallel is {wanted}"
    candidate = candidate_of(instance)
    if candidate.offered and candidate.holds:
        return candidate
    return reason(candidate, region=config.region)
