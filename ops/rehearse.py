"""``ops rehearse``: the whole life of a stack on this machine, against an emulated AWS."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

HELP = (
    "Deploy a stack to an emulated AWS on this machine, show what comes of it, and destroy it. Needs no account; "
    "goes as deep as this machine's tools allow and says what more would take. Several stacks share one account."
)
EPILOG = """examples:
  python -m ops rehearse --stack dev
  python -m ops rehearse --stack dev --stack prod --boot --json > report.json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument(
        "--stack",
        required=True,
        action="append",
        dest="stacks",
        metavar="NAME",
        help="rehearse the file Pulumi.NAME.yaml; again for each further stack, side by side in one account",
    )
    parser.add_argument(
        "--boot", action="store_true", help="also boot a host from its user data and have vLLM serve a completion"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout, progress on stderr")


def run(args: argparse.Namespace) -> int:
    """0 when every check passed, else 1. Raises ConfigError before anything is started."""
    from rehearsal.narrate import Narrator
    from rehearsal.report import document_of
    from rehearsal.run import rehearse
    from rehearsal.summary import summarize

    narrator = Narrator(sys.stderr if args.json else sys.stdout)
    stacks = tuple(dict.fromkeys(args.stacks))  # one named twice is one stack
    reports = rehearse(stacks=stacks, boot=args.boot, narrator=narrator, root=Path.cwd())
    summarize(narrator, reports)
    if args.json:
        print(json.dumps(document_of(reports), indent=2))
    return 0 if all(report.passed for report in reports) else 1
