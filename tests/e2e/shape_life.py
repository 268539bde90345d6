"""The life of a generated stack on the real engine: preview, up, up again, destroy."""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.sources import load_stack_file
from rehearsal.aws.calls import Call
from rehearsal.aws.given.make import make
from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.events import Run
from rehearsal.engine.providers import emulated_aws
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import Held, open_stack
from rehearsal.given import described, given_by
from rehearsal.inventory.everything import account_ids
from sizing.prepare import prepare
from tests.e2e.observed import Snapshot, look
from tests.program.cases import ROOT, stack_folder
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
    with (
        stack_folder(stack=shape.stack, values=shape.config()) as root,
        EmulatedAws(region=shape.region) as aws,
        open_stack(
            stack=shape.stack,
            root=root,
            rig=rig,
            providers=emulated_aws(aws.environment()),
            program=_program,
            environ=environ,
        ) as engine,
    ):
        config, plan = prepare(load_stack_file(stack=shape.stack, root=root))
        given = given_by(config, instance_type=plan.instance_type)
        make(given)
        before, given_before = account_ids(aws.client), described(aws.client, given)
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
            left=account_ids(aws.client) - before,
            given_before=given_before,
            given_after=described(aws.client, given),
            calls=aws.calls,
        )


def _program() -> None:
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
