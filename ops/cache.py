"""``ops cache``: the volumes of cache pools, which outlive their stack: list them, and delete what nothing needs."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from config.errors import ConfigError, Problem
from config.report import as_text
from config.sources import load_stack_file
from ops.errors import OpsError
from ops.local_target import refuse_local, volumes_of

if TYPE_CHECKING:
    from ops.cache_volumes import Pools, Volume

HELP = "List the cache volumes of a stack, or of all stacks here; delete those that nothing needs."
EPILOG = """examples:
  python -m ops cache list                               # of all stacks here
  python -m ops cache delete --stack dev"""
VOLUME_ID = r"vol-(?:[0-9a-f]{8}|[0-9a-f]{17})"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|delete")
    summary = "volumes, what they cost, and what needs them"
    command = actions.add_parser("list", help=summary, description=summary, allow_abbrev=False)
    command.add_argument("--stack", metavar="NAME", help="of this stack only (default: all, where the files here are)")
    command.add_argument("--json", action="store_true", help="print one JSON document")
    summary = "delete the volumes of a stack that is gone; works without the stack, its file is enough"
    command = actions.add_parser("delete", help=summary, description=summary, allow_abbrev=False)
    command.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
    command.add_argument("--volume-id", nargs="+", action="extend", metavar="ID", help="these only (default: all)")
    command.add_argument("--yes", action="store_true", help="do not ask")
    command.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    if args.stack is not None:
        _refuse_local(args.stack, to_delete=args.action == "delete")
    if args.action == "list":
        volumes = listed(args.stack)
        print(document(volumes) if args.json else table(volumes))
        return 0
    wanted = checked_ids(args.volume_id)
    if not args.yes and not sys.stdin.isatty():
        raise _needs_yes(args.stack)
    return delete(stack=args.stack, wanted=wanted, ask=None if args.yes else sys.stdin, as_json=args.json)


def listed(stack: str | None) -> list[Volume]:
    """Of one stack, or of every pool in the regions that the stack files of this folder name."""
    from ops.cache_volumes import Pools

    if stack is not None:
        return _pools(stack).of_stack(stack)
    return [volume for region in _regions() for volume in Pools.of(region, environment=os.environ).all()]


def _refuse_local(stack: str, *, to_delete: bool) -> None:
    from ops.outputs import stack_config

    commands = f"docker volume rm {' '.join(volumes_of(stack))}", f"docker volume ls --filter label=Stack={stack}"
    refuse_local(
        stack_config(stack),
        message="a stack on this machine keeps its cache in volumes of Docker, which has its own commands for them",
        example=commands[0] if to_delete else commands[1],
    )


def _pools(stack: str) -> Pools:
    """In the region of the stack's file, which is all that is left of a stack that is gone."""
    from ops.cache_volumes import Pools
    from ops.outputs import stack_config

    return Pools.of(stack_config(stack).region, environment=os.environ)


def _regions() -> list[str]:
    """ConfigError when no stack file says where to look."""
    names = [file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in Path.cwd().glob("Pulumi.*.yaml")]
    found = set()
    for name in names:
        try:
            config = load_stack_file(stack=name, root=Path.cwd()).config
        except ConfigError:
            config = None
        if config is None:
            print(f"Pulumi.{name}.yaml is passed over: it does not load", file=sys.stderr)
        elif config.target == "aws":
            found.add(config.region)
    if not found:
        raise _wrong(
            "--stack",
            "no stack file with target: aws here",
            "it is not known in which region to look",
            example="--stack dev",
        )
    return sorted(found)


def table(volumes: Sequence[Volume]) -> str:
    if not volumes:
        return "no cache volume is left"
    head = ("stack", "volume", "zone", "GiB", "state", "USD/month", "needed by")
    rows = [head, *map(_row, volumes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, _total(volumes)])


def _row(volume: Volume) -> tuple[str, ...]:
    cost = "?" if volume.monthly_usd is None else f"{volume.monthly_usd:.2f}"
    needed = f"attached to {volume.instance}" if volume.instance else volume.held_by or "nothing"
    return (volume.stack or "", volume.id, volume.zone, str(volume.size_gib), volume.state, cost, needed)


def _total(volumes: Sequence[Volume]) -> str:
    from sizing.cost import prices

    return f"{len(volumes)} volumes, {_monthly_usd(volumes):.2f} USD a month ({prices()['region']}, {prices()['date']})"


def _monthly_usd(volumes: Sequence[Volume]) -> float:
    return round(sum(volume.monthly_usd or 0.0 for volume in volumes), 2)


def document(volumes: Sequence[Volume]) -> str:
    content = {"volumes": [volume.as_dict() for volume in volumes], "monthly_usd": _monthly_usd(volumes)}
    return json.dumps(content)


def checked_ids(ids: Sequence[str] | None) -> tuple[str, ...] | None:
    """ConfigError for what is no id of a volume."""
    wrong = [text for text in ids or () if not re.fullmatch(VOLUME_ID, text)]
    if wrong:
        raise _wrong("--volume-id", ", ".join(wrong), "this is not the id of a volume", example="vol-0123456789abcdef0")
    return None if ids is None else tuple(dict.fromkeys(ids))


@dataclass
class Outcome:
    """What came of a delete; ``absent``: ids that were asked for and do not exist, as after an earlier run."""

    deleted: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def delete(*, stack: str, wanted: tuple[str, ...] | None, ask: TextIO | None, as_json: bool) -> int:
    """0 when nothing is left of what was asked for. ``wanted`` None: all volumes of the stack.

    Named volumes are deleted all or none, as far as can be seen before; of all of them, those that may be.
    """
    pools = _pools(stack)
    found = pools.of_stack(stack) if wanted is None else pools.by_id(wanted)
    outcome = Outcome(absent=[name for name in wanted or () if name not in {volume.id for volume in found}])
    refused = {volume.id: problem for volume in found if (problem := _refused(volume, stack=stack)) is not None}
    outcome.problems = list(refused.values())
    free = [volume for volume in found if volume.id not in refused]
    if wanted is not None and outcome.problems:
        free = []
    if free and ask is not None and not confirmed(free, stack=stack, answers=ask):
        print("nothing was deleted", file=sys.stderr)
        return 1
    for volume in free:
        try:
            pools.delete(volume.id)
            outcome.deleted.append(volume.id)
        except OpsError as error:
            outcome.problems.append(error.problem)
    left = [volume for volume in pools.of_stack(stack) if volume.id not in outcome.deleted]
    report(outcome, left, stack=stack, as_json=as_json)
    if not as_json and (hint := _state_hint(outcome.deleted, stack=stack)):
        print(hint, file=sys.stderr)
    return 1 if outcome.problems else 0


def _refused(volume: Volume, *, stack: str) -> Problem | None:
    reason = volume.refusal
    if volume.stack != stack:
        reason = f"it is not in the cache pool of stack {stack}" + (f" but of {volume.stack}" if volume.stack else "")
    if not reason:
        return None
    return Problem(
        path=volume.id,
        given=f"{volume.state}, {volume.zone}",
        allowed="a volume of this stack that nothing needs",
        example=f"pulumi destroy --stack {stack} --exclude-protected",
        message=f"it is not deleted: {reason}",
    )


def confirmed(volumes: Sequence[Volume], *, stack: str, answers: TextIO) -> bool:
    print(table(volumes), file=sys.stderr)
    question = f"Delete these {len(volumes)} volumes of stack {stack}, with all model files on them? [y/N] "
    print(question, end="", file=sys.stderr, flush=True)
    return answers.readline().strip().lower() in ("y", "yes")


def report(outcome: Outcome, left: Sequence[Volume], *, stack: str, as_json: bool) -> None:
    if as_json:
        errors = {"errors": [problem.as_dict() for problem in outcome.problems]} if outcome.problems else {}
        kept = [volume.as_dict() for volume in left]
        print(json.dumps({"deleted": outcome.deleted, "absent": outcome.absent, "left": kept, **errors}))
        return
    for volume_id in outcome.deleted:
        print(f"deleted {volume_id}")
    for volume_id in outcome.absent:
        print(f"{volume_id} is not there: deleted before, or not in this region")
    if outcome.problems:
        sys.stderr.write(as_text(outcome.problems))
    print(f"left of stack {stack}:\n{table(left)}" if left else f"no cache volume of stack {stack} is left")


def _state_hint(deleted: Sequence[str], *, stack: str) -> str:
    """Protected volumes stay in pulumi's state when the rest is destroyed; it has to learn that they are gone."""
    from ops.outputs import outputs_if_any

    try:
        named = outputs_if_any(stack).get("cache_volume_ids") or ()
    except OpsError:
        return ""
    if not set(named) & set(deleted):
        return ""
    return (
        f"pulumi still lists them: pulumi refresh --stack {stack}, then pulumi destroy --stack {stack} ends the stack, "
        "or pulumi up makes new ones"
    )


def _needs_yes(stack: str) -> ConfigError:
    return _wrong(
        "--yes",
        "nothing",
        "nobody can be asked here, and deleted model files do not come back: say --yes",
        example=f"python -m ops cache delete --stack {stack} --yes",
    )


def _wrong(path: str, given: str, message: str, *, example: str) -> ConfigError:
    return ConfigError([Problem(path=path, given=given, allowed="", example=example, message=message)])
