"""How the life of a stack begins on the real engine: an AWS of its own, which holds what the stack takes as given."""

from __future__ import annotations

import runpy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from config.sources import load_stack_file
from rehearsal.aws.given.make import make
from rehearsal.aws.given.model import Given
from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.providers import emulated_aws
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import EngineStack, open_stack
from rehearsal.given import given_by
from rehearsal.inventory.everything import account_ids
from sizing.plan import Plan
from sizing.prepare import prepare
from tests.program.cases import ROOT, stack_folder


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Not deployed yet. ``before``: all that the account holds, ``given`` included."""

    aws: EmulatedAws
    engine: EngineStack
    plan: Plan
    given: Given
    before: frozenset[str]

    def left(self) -> frozenset[str]:
        """What the account holds now and did not hold before."""
        return account_ids(self.aws.client) - self.before


@contextmanager
def opened(
    *, stack: str, values: Mapping[str, Any], rig: Rig, environ: Mapping[str, str], aws: EmulatedAws | None = None
) -> Iterator[Opened]:
    """``values``: of the stack file. ``aws``: not started yet; otherwise one whose time passes by itself."""
    with (
        stack_folder(stack=stack, values=values) as root,
        aws or EmulatedAws(region=values["aws:region"]) as started,
        open_stack(
            stack=stack,
            root=root,
            rig=rig,
            providers=emulated_aws(started.environment()),
            program=_program,
            environ=environ,
        ) as engine,
    ):
        config, plan = prepare(load_stack_file(stack=stack, root=root))
        given = given_by(config, instance_type=plan.instance_type)
        make(given)
        yield Opened(aws=started, engine=engine, plan=plan, given=given, before=account_ids(started.client))


def _program() -> None:
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
