"""``ops doctor``: whether everything is ready for ``pulumi up``, and whether it is well after it. It only reads."""

from __future__ import annotations

import argparse
import json

HELP = "Whether everything is ready for `pulumi up`, and well after it: each finding says how to fix it. Reads only."
EPILOG = """examples:
  python -m ops doctor --stack dev
  HF_TOKEN=... python -m ops doctor --stack prod --json

docs/doctor.md has every check. Exit status: 0 no error, 1 an error among the findings, 2 a wrong stack file."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.epilog = EPILOG


def run(args: argparse.Namespace) -> int:
    """0 without an error among the findings, else 1. ConfigError when the stack file is wrong."""
    from ops.doctor.case import Case
    from ops.doctor.checks import CHECKS
    from ops.doctor.examine import examine
    from ops.doctor.report import document, is_ready, text
    from ops.progress import progress

    case = Case.of(args.stack)
    with progress(f"examining {args.stack}") as line:
        findings = examine(case, checks=CHECKS, say=line.update)
    print(json.dumps(document(args.stack, findings), indent=2) if args.json else text(args.stack, findings))
    return 0 if is_ready(findings) else 1
