"""How hosts of one version are replaced by those of the next."""

from __future__ import annotations

from config.models import StackConfig
from sizing.fleet_plan import ChangePlan
from sizing.plan import Replicas

ALL = 100  # percent


def change_plan(config: StackConfig, replicas: Replicas) -> ChangePlan:
    """A checkpoint after the first host, where there are more.

    AWS takes a checkpoint as the least percentage that is new, so it is rounded down: 33 is reached by one of three.
    It pauses after none that is 100 ("Add checkpoints to an instance refresh"): the last ones are watched in the
    warm-up of each new host, which the bake prolongs.
    """
    block = config.compute.capacity is not None and config.compute.capacity.block is not None
    strategy = config.scaling.strategy or ("terminate_first" if block else "launch_first")
    first = max(1, ALL // replicas.most)
    return ChangePlan(
        launch_first=strategy == "launch_first",
        checkpoints=(first, ALL) if first < ALL else (ALL,),
        bake_s=60 * config.scaling.bake_minutes,
    )
