"""The rehearsal: what `pulumi up` would do, done to an AWS that lives in this process.

plan -> preview -> up -> what AWS holds -> (a host booted, a completion served) -> a second up that must change
nothing -> a refresh that must find no drift -> a destroy that must leave exactly what is protected.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from config.placeholders import with_stand_ins
from config.sources import load_stack_file
from config.stack_file import read_stack_file
from rehearsal.depth import Reach, reach
from rehearsal.engine.rig import REPOSITORY
from rehearsal.interrupt import interruptible
from rehearsal.ledger import Found, Ledger, StepFailedError
from rehearsal.narrate import Narrator
from rehearsal.report import Report
from sizing.explain import explain
from sizing.plan_view import plan_dict
from sizing.prepare import prepare


def rehearse(
    *,
    stack: str,
    narrator: Narrator,
    boot: bool = False,
    root: Path = REPOSITORY,
    environ: Mapping[str, str] = os.environ,
) -> Report:
    """Rehearse ``root/Pulumi.<stack>.yaml`` as deep as this machine can.

    Raises ConfigError before anything is started; InterruptedRehearsal after everything is cleaned up.
    """
    begun = time.monotonic()
    config, plan = prepare(load_stack_file(stack=stack, root=root), root=root)
    narrator.heading(f"{stack}: plan")
    narrator.line(explain(config, plan))
    _tell_stand_ins(narrator, stack=stack, root=root)
    possible = reach(boot=boot, root=root, environ=environ)
    _announce(narrator, possible)
    found = Found()
    ledger = Ledger(tell=narrator.check, failures=_failures())
    with interruptible():
        try:
            if possible.rig is None:
                _graph(stack=stack, root=root, narrator=narrator, ledger=ledger, found=found)
            else:
                from rehearsal.scenario import Scenario

                Scenario(
                    stack=stack,
                    root=root,
                    rig=possible.rig,
                    region=config.region,
                    plan=plan,
                    environ=environ,
                    narrator=narrator,
                    ledger=ledger,
                    found=found,
                ).run(boot=possible.depth == "boot")
        except StepFailedError:
            narrator.line("the rehearsal ends here; what it had started is ended too")
    return Report(
        stack=stack,
        depth=possible.depth,
        deeper=possible.missing,
        plan=plan_dict(plan),
        resources=found.resources,
        outputs=found.outputs,
        inventory=found.inventory,
        checks=tuple(ledger.checks),
        left=found.left,
        seconds=time.monotonic() - begun,
    )


def _failures() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError
    from pulumi.automation.errors import CommandError

    from rehearsal.host.errors import HostRehearsalError
    from rehearsal.verbs import VerbError

    return (CommandError, ClientError, BotoCoreError, HostRehearsalError, VerbError, LookupError, OSError)


def _tell_stand_ins(narrator: Narrator, *, stack: str, root: Path) -> None:
    """An account-bound value that the stack file leaves open is a made-up one in a rehearsal."""
    _, made = with_stand_ins(read_stack_file(stack=stack, root=root))
    for replacement in made:
        narrator.line(f"placeholder: {replacement.key} is {replacement.stand_in} in this rehearsal")


def _announce(narrator: Narrator, possible: Reach) -> None:
    with_what = possible.rig.describe() if possible.rig else "the program itself, run in this process"
    narrator.heading(f"depth: {possible.depth}, by {with_what}")
    for tool in possible.missing:
        narrator.line(f"deeper needs {tool.what}: {tool.how}")


def _graph(*, stack: str, root: Path, narrator: Narrator, ledger: Ledger, found: Found) -> None:
    from rehearsal.graph.model import STACK_TYPE
    from rehearsal.graph.record import record_graph
    from rehearsal.graph.tree import render_tree

    narrator.heading("the resources that pulumi up would create")
    with ledger.step("graph") as outcome:
        graph = record_graph(stack=stack, root=root)
        narrator.line(render_tree(graph))
        found.resources = sum(resource.type != STACK_TYPE for resource in graph)
        found.outputs = graph.stack.outputs
        outcome.detail = f"{found.resources} resources"
