"""Rules between the keys of ``compute.capacity``, and of those with zones and types."""

from __future__ import annotations

from collections.abc import Iterator

from config.capacity import Capacity
from config.errors import Problem
from config.models import StackConfig

PATH = "vllm:compute.capacity"


def _of(config: StackConfig) -> Capacity:
    return config.compute.capacity or Capacity()


def block_stands_alone(config: StackConfig) -> Problem | None:
    """A Capacity Block has one type and one market, so nothing of a mixed group applies."""
    capacity = _of(config)
    others = sorted(capacity.model_fields_set - {"block"})
    named = [Capacity.model_fields[name].alias or name for name in others if getattr(capacity, name) is not None]
    if capacity.block is None or not named:
        return None
    return Problem(
        path=f"{PATH}.block",
        given=f"block beside {', '.join(named)}",
        allowed="block alone",
        example="{block: {id: cr-0123456789abcdef0, zone: us-east-1a}}",
        message="hosts of a Capacity Block come from it and from nowhere else: leave block out, or "
        f"{' and '.join(named)}",
    )


def block_has_its_type(config: StackConfig) -> Problem | None:
    block = _of(config).block
    if block is None or config.compute.instance_type != "auto":
        return None
    return Problem(
        path="vllm:compute.instanceType",
        given="auto",
        allowed="the type that the Capacity Block is of",
        example="p5.48xlarge",
        message="a Capacity Block is of one type, which aws ec2 describe-capacity-reservations tells: name it, so that "
        "the plan is made for it",
    )


def block_is_in_the_network(config: StackConfig) -> Problem | None:
    """Zones of a given network are its subnets', which are looked up later."""
    block, network = _of(config).block, config.network
    if block is None or block_is_in_the_region(config) or network.mode == "existing":
        return None
    if block.zone in (network.zones or ()):
        return None
    other = f"{config.region}{'b' if block.zone.endswith('a') else 'a'}"
    return Problem(
        path="vllm:network.zones",
        given=", ".join(network.zones) if network.zones else "nothing",
        allowed=f"zones with {block.zone} among them",
        example=f"[{block.zone}, {other}]",
        message=f"the Capacity Block is in {block.zone} and hosts can be nowhere else: name that zone",
    )


def block_is_in_the_region(config: StackConfig) -> Problem | None:
    block = _of(config).block
    if block is None or block.zone[:-1] == config.region:
        return None
    return Problem(
        path=f"{PATH}.block.zone",
        given=block.zone,
        allowed=f"a zone of {config.region}",
        example=f"{config.region}a",
        message=f"aws:region is {config.region}: take a block there, or change the region",
    )


def each_is_named_once(config: StackConfig) -> Iterator[Problem]:
    """Types, the chosen one too where it is named; and reservations."""
    capacity, chosen = _of(config), config.compute.instance_type
    types = capacity.types if isinstance(capacity.types, tuple) else ()
    yield from _twice("types", types, before=(chosen,) if chosen != "auto" else ())
    yield from _twice("reservations", capacity.reservations if isinstance(capacity.reservations, tuple) else ())


def _twice(key: str, names: tuple[str, ...], *, before: tuple[str, ...] = ()) -> Iterator[Problem]:
    for index, name in enumerate(names):
        if name in before:
            why = "compute.instanceType is always tried first"
        elif name in names[:index]:
            why = f"{key}[{names.index(name)}] is the same"
        else:
            continue
        yield Problem(
            path=f"{PATH}.{key}[{index}]",
            given=name,
            allowed="each once",
            example=f"[{', '.join(dict.fromkeys(each for each in names if each not in before)) or 'g6e.2xlarge'}]",
            message=f"{why}: leave this one out",
        )


def base_is_below_spot(config: StackConfig) -> Problem | None:
    capacity = _of(config)
    if capacity.on_demand_base is None or capacity.spot_percent:
        return None
    return Problem(
        path=f"{PATH}.onDemandBase",
        given=str(capacity.on_demand_base),
        allowed="nothing, without spotPercent above 0",
        example="{onDemandBase: 1, spotPercent: 50}",
        message="without spotPercent every replica is on demand: set it too, or leave this out",
    )


def reservations_are_used(config: StackConfig) -> Problem | None:
    """Spot instances never take a reservation."""
    capacity = _of(config)
    if capacity.reservations is None or capacity.spot_percent != 100 or capacity.on_demand_base:
        return None
    return Problem(
        path=f"{PATH}.reservations",
        given="reservations beside spotPercent: 100",
        allowed="onDemandBase above 0, or spotPercent below 100",
        example="{onDemandBase: 1, spotPercent: 100, reservations: open}",
        message="spot instances use no reservation, so these would be paid for and stand empty",
    )
