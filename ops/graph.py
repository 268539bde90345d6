"""``ops graph``: the resource graph of the program, run in process, and what the policies say of it."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from config.errors import ConfigError, Problem
from policies.check import Violation, violations_of
from policies.loader import load_rules
from policies.read import PreviewError, deployment_of
from policies.report import as_json, as_text, passes
from policies.waivers import WaiverError, read_waivers

HELP = "show the resources that this stack would create; needs no account"
EPILOG = """examples:
  python -m ops graph --stack dev
  python -m ops graph --stack prod --policies

docs/policies.md has the rules. Exit status 1: one that is mandatory is broken without a waiver."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", required=True, metavar="NAME", help="read Pulumi.NAME.yaml")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--policies", action="store_true", help="check the graph against policies/ in place of showing it"
    )
    parser.add_argument(
        "--preview",
        metavar="FILE",
        type=Path,
        help="with --policies: also check what `pulumi preview --stack NAME --json > FILE` would change",
    )
    parser.epilog = EPILOG


def run(args: argparse.Namespace) -> int:
    """Print the graph, 0; or what the policies found, 0 or 1. Raises ConfigError."""
    from rehearsal.graph.record import record_graph
    from rehearsal.graph.tree import render_tree

    preview = _preview(args)
    graph = record_graph(stack=args.stack, root=Path.cwd())
    for replacement in graph.stand_ins:
        print(f"placeholder: {replacement.key} is {replacement.stand_in} here", file=sys.stderr)
    for message in graph.messages:
        print(f"{message.severity}: {message.text}", file=sys.stderr)
    resources = [resource.as_dict() for resource in graph]
    if args.policies:
        return _check(resources, preview, args)
    if args.json:
        print(json.dumps(resources, indent=2))
    else:
        print(render_tree(graph))
    return 0


def _check(resources: Sequence[Mapping[str, Any]], preview: Mapping[str, Any] | None, args: argparse.Namespace) -> int:
    rules = load_rules()
    try:
        waivers = read_waivers(rules={rule.id for rule in rules})
        deployment = deployment_of(resources, preview)
    except WaiverError as error:
        raise ConfigError([_problem("policies/waivers.yaml", str(error))]) from error
    except PreviewError as error:
        raise ConfigError([_problem("--preview", str(error), given=str(args.preview))]) from error
    today = datetime.datetime.now(tz=datetime.UTC).date()
    violations: tuple[Violation, ...] = violations_of(deployment, rules=rules, waivers=waivers, today=today)
    text = as_json(violations, rules=rules) if args.json else as_text(violations, rules=rules, stack=args.stack)
    sys.stdout.write(text)
    return 0 if passes(violations) else 1


def _preview(args: argparse.Namespace) -> Mapping[str, Any] | None:
    if args.preview is None:
        return None
    if not args.policies:
        raise ConfigError([_problem("--preview", "it goes with --policies", given=str(args.preview))])
    try:
        document = json.loads(args.preview.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            [_problem("--preview", f"cannot be read as JSON: {error}", given=str(args.preview))]
        ) from error
    if not isinstance(document, Mapping):
        raise ConfigError([_problem("--preview", "is no preview of Pulumi", given=str(args.preview))])
    return document


def _problem(path: str, message: str, *, given: str = "") -> Problem:
    return Problem(
        path=path,
        given=given,
        allowed="" if path != "--preview" else "what `pulumi preview --stack NAME --json` prints",
        example="" if path != "--preview" else "pulumi preview --stack dev --json > preview.json",
        message=message,
    )
