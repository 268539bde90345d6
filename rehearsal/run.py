"""The rehearsal: what `pulumi up` would do, done to an AWS that lives in this process.

plan -> preview -> up -> what AWS holds -> (a host booted, a completion served) -> a second up that must change
nothing -> a refresh that must find no drift -> a destroy that must leave exactly what is protected.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.errors import ConfigError
from config.sources import load_stack_file
from machine.hardware import hardware
from rehearsal.depth import Reach, reach, reach_of_local
from rehearsal.engine.rig import REPOSITORY
from rehearsal.given import as_rehearsed, given_by
from rehearsal.interrupt import interruptible
from rehearsal.ledger import Found, Ledger, StepFailedError
from rehearsal.narrate import Narrator
from rehearsal.part import Part
from rehearsal.report import Report
from sizing.explain import explain
from sizing.plan_view import plan_dict
from sizing.prepare import prepare


def rehearse(
    *,
    stacks: Sequence[str],
    narrator: Narrator,
    boot: bool = False,
    root: Path = REPOSITORY,
    environ: Mapping[str, str] = os.environ,
) -> tuple[Report, ...]:
    """Rehearse ``root/Pulumi.<stack>.yaml`` of each, in one account, as deep as this machine can.

    Of a stack for this machine itself (``target: local``) the graph: what is deeper is the real thing.
    Raises ConfigError before anything is started; InterruptedRehearsal after everything is cleaned up.
    """
    begun = time.monotonic()
    parts = _parts(stacks=stacks, root=root, narrator=narrator)
    here = [part for part in parts if part.config.target == "local"]
    on_aws = [part for part in parts if part.config.target == "aws"]
    possible = reach(boot=boot, root=root, environ=environ)
    with interruptible():
        for part in here:
            _announce(part.narrator, reach_of_local(part.stack))
            _graph(part, root=root)
        if on_aws:
            _announce(narrator, possible)
        if on_aws and possible.rig is not None:
            from rehearsal.together import rehearse_together

            deep = possible.depth == "boot"
            rehearse_together(parts=on_aws, root=root, rig=possible.rig, environ=environ, boot=deep)
        else:
            for part in on_aws:
                _graph(part, root=root)
    seconds = time.monotonic() - begun
    return tuple(
        _report(part, possible=reach_of_local(part.stack) if part in here else possible, seconds=seconds)
        for part in parts
    )


def _parts(*, stacks: Sequence[str], root: Path, narrator: Narrator) -> list[Part]:
    """Every stack planned and told, once all can be; ConfigError has the problems of all."""
    failures, problems, prepared = _failures(), [], []
    for stack in stacks:
        try:
            loaded = load_stack_file(stack=stack, root=root)
            prepared.append((stack, *prepare(loaded, root=root, hardware=hardware)))
        except ConfigError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise ConfigError(problems)
    parts = []
    for stack, config, plan in prepared:
        narrator.heading(f"{stack}: plan")
        narrator.line(explain(config, plan))
        rehearsed, stand_ins = as_rehearsed(stack=stack, root=root)
        for made in stand_ins:
            narrator.line(f"placeholder: {made.key} is {made.stand_in} in this rehearsal")
        own = narrator.of(stack) if len(stacks) > 1 else narrator
        parts.append(
            Part(
                stack=stack,
                config=rehearsed,
                plan=plan,
                given=given_by(rehearsed, instance_type=plan.instance_type),
                narrator=own,
                ledger=Ledger(tell=own.check, failures=failures),
                found=Found(),
            )
        )
    return parts


def _failures() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError
    from pulumi.automation.errors import CommandError

    from rehearsal.host.errors import HostRehearsalError
    from rehearsal.verbs import VerbError

    return (CommandError, ClientError, BotoCoreError, HostRehearsalError, VerbError, LookupError, OSError)


def _announce(narrator: Narrator, possible: Reach) -> None:
    with_what = possible.rig.describe() if possible.rig else "the program itself, run in this process"
    narrator.heading(f"depth: {possible.depth}, by {with_what}")
    for tool in possible.missing:
        narrator.line(f"deeper needs {tool.what}: {tool.how}")


def _graph(part: Part, *, root: Path) -> None:
    from rehearsal.graph.model import STACK_TYPE
    from rehearsal.graph.record import record_graph
    from rehearsal.graph.tree import render_tree

    part.narrator.heading("the resources that pulumi up would create")
    try:
        with part.ledger.step("graph") as outcome:
            graph = record_graph(stack=part.stack, root=root)
            for message in graph.messages:
                part.narrator.line(f"{message.severity}: {message.text}")
            part.narrator.line(render_tree(graph))
            part.found.resources = sum(resource.type != STACK_TYPE for resource in graph)
            part.found.outputs = graph.stack.outputs
            outcome.detail = f"{part.found.resources} resources"
    except StepFailedError:
        part.narrator.line("the rehearsal of this stack ends here")


def _report(part: Part, *, possible: Reach, seconds: float) -> Report:
    return Report(
        stack=part.stack,
        depth=possible.depth,
        deeper=possible.missing,
        plan=plan_dict(part.plan),
        resources=part.found.resources,
        outputs=part.found.outputs,
        inventory=part.found.inventory,
        checks=tuple(part.ledger.checks),
        left=part.found.left,
        seconds=seconds,
    )
