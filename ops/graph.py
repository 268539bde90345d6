"""``ops graph``: the resource graph of the program, run in process."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

HELP = "show the resources that this stack would create; needs no account"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", required=True, metavar="NAME", help="read Pulumi.NAME.yaml")
    parser.add_argument("--json", action="store_true", help="print one JSON list")


def run(args: argparse.Namespace) -> int:
    """Print the graph; 0. Raises ConfigError."""
    from rehearsal.graph.record import record_graph
    from rehearsal.graph.tree import render_tree

    graph = record_graph(stack=args.stack, root=Path.cwd())
    for replacement in graph.stand_ins:
        print(f"placeholder: {replacement.key} is {replacement.stand_in} here", file=sys.stderr)
    for message in graph.messages:
        print(f"{message.severity}: {message.text}", file=sys.stderr)
    if args.json:
        print(json.dumps([resource.as_dict() for resource in graph], indent=2))
    else:
        print(render_tree(graph))
    return 0
