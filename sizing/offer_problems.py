"""What the region does not offer, said with the regions that do and the machines that would do here."""

from __future__ import annotations

from collections.abc import Iterable

from config.errors import Problem
from config.models import StackConfig
from sizing.catalog import Instance
from sizing.choice_view import one_per_kind
from sizing.machines import Candidate
from sizing.offerings import Offerings

SHOWN = 4
RENEWED = "If AWS has it there by now, add it to sizing/data/offerings.json"


def first(names: Iterable[str], *, shown: int = SHOWN) -> str:
    """The first few, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - shown} more" if len(listed) > shown else ""
    return ", ".join(listed[:shown]) + more


def type_not_offered(instance: Instance, offerings: Offerings, *, region: str, here: tuple[Candidate, ...]) -> Problem:
    """For a type that was asked for. ``here``: machines that the region offers and that hold what is asked."""
    name = instance.instance_type
    message = (
        f"{region} does not offer {name} (AWS's list of {offerings.date}); it is "
        f"{_where(name, offerings, near=region)}. {RENEWED}"
    )
    if not here:
        return _another_region(name, offerings, region=region, message=message)
    types = [option.instance.instance_type for option in one_per_kind(here)]
    return Problem(
        path="vllm:compute.instanceType",
        given=name,
        allowed=f"auto, or a type that {region} offers, such as {', '.join(types[:SHOWN])}",
        example=types[0],
        message=message,
    )


def nothing_offered(
    config: StackConfig, offerings: Offerings, *, best: Candidate, here: tuple[Candidate, ...]
) -> Problem:
    """For a choice of which the region offers nothing that would do. ``best``: the cheapest that would, elsewhere.

    ``here`` as above: empty when no key but the region can help.
    """
    name, region, compute = best.instance.instance_type, config.region, config.compute
    message = (
        f"{region} offers no machine for this (AWS's list of {offerings.date}); {name} ({best.gpu_count_and_name}) "
        f"would do, {_where(name, offerings, near=region)}. {RENEWED}"
    )
    if not here:
        return _another_region(name, offerings, region=region, message=message)
    key, given = ("gpu", compute.gpu) if compute.gpu else ("tensorParallel", str(compute.tensor_parallel))
    found = here[0]
    return Problem(
        path=f"vllm:compute.{key}",
        given=str(given),
        allowed=f"leave the key out; {region} has {found.instance.instance_type} ({found.gpu_count_and_name})",
        example=found.gpu.name if key == "gpu" else str(found.launch.tensor_parallel_size),
        message=message,
    )


def _where(instance_type: str, offerings: Offerings, *, near: str) -> str:
    regions = offerings.regions_of(instance_type, near=near)
    return f"offered in {first(regions)}" if regions else "offered in no known region"


def _another_region(instance_type: str, offerings: Offerings, *, region: str, message: str) -> Problem:
    """Where no other key helps: the region has nothing that would do."""
    regions = offerings.regions_of(instance_type, near=region)
    return Problem(
        path="aws:region",
        given=region,
        allowed="a region that offers such a machine" + (f": {first(regions)}" if regions else ""),
        example=regions[0] if regions else "us-east-1",
        message=message,
    )
