"""``python -m ops plan``: what a stack file takes, for people and as JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from config.sources import load_stack_file
from machine.hardware import hardware
from sizing.explain import explain
from sizing.plan_view import whole_plan_dict
from sizing.prepare import prepare

HELP = "What a stack file takes: machine, vLLM flags, memory, timers, cost. Needs no account and no network."
EPILOG = """examples:
  python -m ops plan --stack dev
  python -m ops plan --stack prod --json > plan.json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--stack", required=True, metavar="NAME", help="plan the file Pulumi.NAME.yaml")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(args: argparse.Namespace) -> int:
    """Prints the Plan. ConfigError with every problem of the stack file."""
    root = Path()
    config, plan = prepare(load_stack_file(stack=args.stack, root=root), root=root, hardware=hardware)
    if args.json:
        print(json.dumps(whole_plan_dict(plan), indent=2))
    else:
        print(explain(config, plan), end="")
    return 0
