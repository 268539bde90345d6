"""One life of a stack on the real engine, recorded for all the tests that look at it: it takes minutes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi.automation.errors import CommandError

from rehearsal.aws.calls import Call
from rehearsal.aws.given.make import make
from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.events import Run
from rehearsal.engine.providers import emulated_aws
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import EngineStack, Held, open_stack
from rehearsal.given import as_rehearsed, given_by
from rehearsal.inventory.everything import account_ids
from tests.e2e.change import Change
from tests.e2e.changes import CHANGES, NEW_TAGS
from tests.e2e.observed import Snapshot, look
from tests.e2e.previews import Preview, preview_all

ROOT = Path(__file__).resolve().parents[2]
STACK = "dev"
NEW_SEED = 7

Edit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Script:
    """What differs from one life to the other. ``partings``: before each destroy, what is first deployed."""

    stack: str
    changes: tuple[Change, ...] = ()
    new_tags: Mapping[str, str] | None = None
    partings: tuple[Edit | None, ...]


def _protect_the_cache(config: dict[str, Any]) -> None:
    config["vllm:cache"].update(protect=True)


def _unprotect_the_balancer(config: dict[str, Any]) -> None:
    config["vllm:endpoint"].update(deletionProtection=False)


SCRIPTS = {
    "dev": Script(stack="dev", partings=(_protect_the_cache,)),
    "prod": Script(stack="prod", changes=CHANGES, new_tags=NEW_TAGS, partings=(None, _unprotect_the_balancer)),
}


@dataclass(frozen=True, kw_only=True)
class Parting:
    """A `destroy --exclude-protected`. ``up`` is what was deployed before it; afterwards the engine's state has
    ``held`` and AWS, beyond an empty account, ``left``."""

    up: Run | None
    destroy: Run
    held: tuple[Held, ...]
    left: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Retagging:
    """Tags of the user changed and nothing else. ``settled``: a preview right after it."""

    up: Run
    after: Snapshot
    settled: Run


@dataclass(frozen=True, kw_only=True)
class Life:
    """In the order in which it happened. ``state`` is the engine's at the time of the ``previews``, ``settled`` a
    preview after them; ``rollout`` is `ops rollout --wait` after the changed flag."""

    stack: str
    up: Run
    first: Snapshot
    second_up: Run
    refresh: Run
    state: tuple[Held, ...]
    previews: Mapping[str, Preview]
    settled: Run
    retagging: Retagging | None
    roll: Run
    rollout: subprocess.CompletedProcess[str]
    rolled: Snapshot
    refusal: str
    partings: tuple[Parting, ...]
    calls: tuple[Call, ...]


def live(script: Script, *, rig: Rig, environ: Mapping[str, str]) -> Life:
    """Live it. ``environ``: what the machine's environment looks like meanwhile."""
    with stage(rig=rig, environ=environ, stack=script.stack) as (aws, engine):
        before = account_ids(aws.client)
        up = engine.up()
        first = look(aws, outputs=engine.outputs())
        second_up, refresh = engine.up(), engine.refresh()
        state = engine.resources()
        previews = preview_all(script.changes, engine=engine, aws=aws)
        settled = engine.preview()
        retagging = _retag(engine, aws=aws, tags=script.new_tags) if script.new_tags else None
        engine.edit_config(lambda config: config["vllm:serving"].update(extraArgs={"seed": NEW_SEED}))
        roll = engine.up()
        rollout = ops(engine, "rollout", "--stack", script.stack, "--wait")
        return Life(
            stack=script.stack,
            up=up,
            first=first,
            second_up=second_up,
            refresh=refresh,
            state=state,
            previews=previews,
            settled=settled,
            retagging=retagging,
            roll=roll,
            rollout=rollout,
            rolled=look(aws, outputs=engine.outputs()),
            refusal=_refusal_of_destroy(engine),
            partings=tuple(_part(edit, aws=aws, engine=engine, before=before) for edit in script.partings),
            calls=aws.calls,
        )


def _retag(engine: EngineStack, *, aws: EmulatedAws, tags: Mapping[str, str]) -> Retagging:
    engine.edit_config(lambda config: config.update({"vllm:tags": dict(tags)}))
    up = engine.up()
    return Retagging(up=up, after=look(aws, outputs=engine.outputs()), settled=engine.preview())


def _refusal_of_destroy(engine: EngineStack) -> str:
    """What `pulumi destroy` says where it would ask whether to go on; empty when it would ask."""
    try:
        engine.preview_destroy(exclude_protected=False)
    except CommandError as error:
        return " ".join(str(error).split())
    return ""


def _part(edit: Edit | None, *, aws: EmulatedAws, engine: EngineStack, before: frozenset[str]) -> Parting:
    up = None
    if edit:
        engine.edit_config(edit)
        up = engine.up()
    destroy = engine.destroy(exclude_protected=True)
    return Parting(up=up, destroy=destroy, held=engine.resources(), left=account_ids(aws.client) - before)


@contextmanager
def stage(*, rig: Rig, environ: Mapping[str, str], stack: str = STACK) -> Iterator[tuple[EmulatedAws, EngineStack]]:
    """An emulated AWS that holds what a committed stack takes as given, and the stack, not yet deployed."""
    config, _ = as_rehearsed(stack=stack, root=ROOT)
    with (
        EmulatedAws(region=config.region) as aws,
        open_stack(
            stack=stack, root=ROOT, rig=rig, providers=emulated_aws(aws.environment()), environ=environ
        ) as engine,
    ):
        make(given_by(config, instance_type=config.compute.instance_type))
        yield aws, engine


def ops(engine: EngineStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A verb on the rehearsed stack, as a person would call it."""
    return subprocess.run(
        [sys.executable, "-m", "ops", *arguments],
        cwd=engine.folder,
        env={**engine.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
