"""The life of a generated stack on the real engine: preview, up, up again, destroy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.aws.calls import Call
from rehearsal.engine.events import Run
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import Held
from rehearsal.given import described
from tests.e2e.observed import Snapshot, look
from tests.e2e.opened import opened
from tests.shapes.shapes import Shape, sample

SAMPLE: Mapping[str, Shape] = {shape.stack: shape for shape in sample(3)}


@dataclass(frozen=True, kw_only=True)
class ShapeLife:
    """``given_before`` and ``given_after``: what the account held already, as AWS describes it; ``left``: what it holds
    more than that at the end, ``held`` what the engine's state does."""

    stack: str
    preview: Run
    up: Run
    first: Snapshot
    second_up: Run
    refresh: Run
    destroy: Run
    held: tuple[Held, ...]
    left: frozenset[str]
    given_before: Mapping[str, Any]
    given_after: Mapping[str, Any]
    calls: tuple[Call, ...]


def live_shape(shape: Shape, *, rig: Rig, environ: Mapping[str, str]) -> ShapeLife:
    with opened(stack=shape.stack, values=shape.config(), rig=rig, environ=environ) as stack:
        aws, engine = stack.aws, stack.engine
        given_before = described(aws.client, stack.given)
        preview, up = engine.preview(), engine.up()
        first = look(aws, outputs=engine.outputs())
        second_up, refresh = engine.up(), engine.refresh()
        destroy = engine.destroy(exclude_protected=True)
        return ShapeLife(
            stack=shape.stack,
            preview=preview,
            up=up,
            first=first,
            second_up=second_up,
            refresh=refresh,
            destroy=destroy,
            held=engine.resources(),
            left=stack.left(),
            given_before=given_before,
            given_after=described(aws.client, stack.given),
            calls=aws.calls,
        )
