"""``ops pin``: what would otherwise float, written into the stack file, so that an upgrade is a reviewed diff."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.errors import Problem
from config.namespaces import NAMESPACE
from config.report import as_text
from config.sources import load_stack_file
from config.stack_file import read_stack_file
from ops.errors import OpsError
from ops.progress import progress
from ops.stack_text import Value

if TYPE_CHECKING:
    from config.models import StackConfig
    from ops.pin_sources import Found, Sources
    from sizing.plan import Plan

HELP = "Write machine image, zones, model revision and image digest into the stack file, where they are not set."
EPILOG = """examples:
  python -m ops pin --stack prod && git diff Pulumi.prod.yaml
  python -m ops pin --update --stack prod"""
UPDATE_HELP = "look up again what is set, too; zones stay, since others would replace the network"


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One value of the stack file. ``why``: the source of a new value, or why the old one stays or none was found."""

    section: str
    key: str
    old: Value | None
    new: Value | None
    why: str
    problem: Problem | None = None

    @property
    def path(self) -> str:
        return f"{NAMESPACE}:{self.section}.{self.key}"

    @property
    def changed(self) -> bool:
        return self.new is not None and self.new != self.old

    @property
    def reaches_hosts(self) -> bool:
        """Zones are the network's, and a machine image that is set for the first time is the one that hosts run."""
        return self.key in ("revision", "digest") or (self.key == "amiId" and self.old is not None)

    def line(self) -> str:
        if self.problem is not None:
            return f"{self.path}: {_shown(self.old)}, not looked up (see below)"
        if not self.changed:
            return f"{self.path}: {_shown(self.old)} stays: {self.why}"
        return f"{self.path}: {_shown(self.old)} -> {_shown(self.new)} ({self.why})"

    def as_dict(self) -> dict[str, Any]:
        return {"path": self.path, "old": self.old, "new": self.new, "changed": self.changed, "why": self.why}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--stack", required=True, metavar="NAME", help="the file Pulumi.NAME.yaml")
    parser.add_argument("--update", action="store_true", help=UPDATE_HELP)
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """0 when everything is pinned, 1 when something could not be looked up; what could be is written all the same."""
    from machine.hardware import hardware
    from ops.pin_sources import Sources
    from ops.stack_write import write
    from sizing.prepare import prepare

    root = Path.cwd()
    config, plan = prepare(load_stack_file(stack=args.stack, root=root), root=root, hardware=hardware)
    sources = Sources(config, plan.instance_type, os.environ)
    encrypted = encrypted_keys(read_stack_file(stack=args.stack, root=root))
    with progress(f"looking up what floats in Pulumi.{args.stack}.yaml"):
        pins = look_up(config, plan, sources, encrypted=encrypted, update=args.update)
    changes = {(pin.section, pin.key): pin.new for pin in pins if pin.changed and pin.new is not None}
    if changes:
        write(changes, stack=args.stack, root=root)
    report(pins, config=config, as_json=args.json)
    return 1 if any(pin.problem for pin in pins) else 0


def encrypted_keys(sections: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """(section, key) of what is set as ``secure:``."""
    return frozenset(
        (section.removeprefix(f"{NAMESPACE}:"), key)
        for section, content in sections.items()
        if isinstance(content, dict)
        for key, value in content.items()
        if isinstance(value, dict) and "secure" in value
    )


Row = tuple[str, str, Value | None, "Callable[[], Found]"]


def look_up(
    config: StackConfig, plan: Plan, sources: Sources, *, encrypted: frozenset[tuple[str, str]], update: bool
) -> list[Pin]:
    """Every pin of this stack, in the order of the stack file's documentation. One that fails does not stop others."""
    rows: list[Row] = []
    if config.model.source is None:
        rows.append(("model", "revision", config.model.revision, sources.revision))
    if config.target == "aws":
        rows.append(("compute", "amiId", config.compute.ami_id, lambda: sources.machine_image(update=update)))
    if config.target == "aws" and config.network.mode == "create":
        rows.append(("network", "zones", config.network.zones, sources.zones))
    # On a machine without a GPU another image runs by default; its digest would be wrong on all others.
    if plan.image.startswith((f"{config.image.repository}:", f"{config.image.repository}@")):
        rows.append(("image", "digest", config.image.digest, sources.digest))
    return [
        _pin(section, key, old, find, is_encrypted=(section, key) in encrypted, update=update)
        for section, key, old, find in rows
    ]


def _pin(
    section: str, key: str, old: Value | None, find: Callable[[], Found], *, is_encrypted: bool, update: bool
) -> Pin:
    if is_encrypted:
        return Pin(section=section, key=key, old="[encrypted]", new=None, why="it is encrypted (secure:)")
    if old is not None and (key == "zones" or not update):
        return Pin(section=section, key=key, old=old, new=old, why=_why_it_stays(key, old))
    try:
        found = find()
    except OpsError as error:
        return Pin(section=section, key=key, old=old, new=None, why=error.problem.message, problem=error.problem)
    why = f"still {found.source}" if found.value == old else found.source
    return Pin(section=section, key=key, old=old, new=found.value, why=why)


def _why_it_stays(key: str, old: Value) -> str:
    from ops.hub import COMMIT

    if key == "zones":
        return "other zones would replace the network"
    if key == "revision" and not COMMIT.fullmatch(str(old)):
        return "but it is a branch or a tag, which can move: --update writes the commit that it names now"
    return "it is set (--update looks it up again)"


def report(pins: Sequence[Pin], *, config: StackConfig, as_json: bool) -> None:
    """Pins on stdout, what failed and what to do next on stderr; with ``as_json`` all of it as one document."""
    problems = [pin.problem for pin in pins if pin.problem is not None]
    stack, file = config.stack, f"Pulumi.{config.stack}.yaml"
    if as_json:
        content = {"stack": stack, "file": file, "pins": [pin.as_dict() for pin in pins]}
        errors = {"errors": [problem.as_dict() for problem in unique(problems)]} if problems else {}
        print(json.dumps({**content, **errors}))
        return
    for pin in pins:
        print(pin.line())
    if problems:
        sys.stderr.write(as_text(unique(problems)))
        print(f"run python -m ops pin --stack {stack} again for what is missing", file=sys.stderr)
    print(_next_step(pins, config=config, file=file), file=sys.stderr)


def unique(problems: Sequence[Problem]) -> list[Problem]:
    """One reason, such as missing credentials, is said once."""
    return list(dict.fromkeys(problems))


def _next_step(pins: Sequence[Pin], *, config: StackConfig, file: str) -> str:
    changed = [pin for pin in pins if pin.changed]
    if not changed:
        return f"{file} is as it was"
    text = (
        f"{file} is changed: review it (git diff {file}), see what it does (pulumi preview --stack {config.stack}), "
        "commit it"
    )
    if any(pin.reaches_hosts for pin in changed):
        running = "hosts that run already are replaced one by one" if config.target == "aws" else "the server restarts"
        text += f"\n{running} at the next pulumi up"
    return text


def _shown(value: Value | None) -> str:
    if value is None:
        return "not set"
    return value if isinstance(value, str) else ", ".join(value)
