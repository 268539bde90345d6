"""``ops smoke``: does the endpoint do what a client needs, and refuse what it must? A dozen small requests."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

from config.errors import ConfigError
from ops import endpoint as endpoints
from ops.progress import progress
from ops.smoke.asleep import why_asleep
from ops.smoke.checks import Check, run_checks
from ops.smoke.metrics import metrics_of
from ops.smoke.tools import has_tool_parser

HELP = (
    "Ask the endpoint: models, chat and text completions, streamed and not, a tool call where vLLM has a tool parser, "
    "too long a prompt, a wrong key, paths that must not be offered; and whether the metrics move."
)

EPILOG = """examples:
  python -m ops smoke --stack dev
  python -m ops smoke --stack dev --base-url http://localhost:8000/v1      # through python -m ops tunnel
  python -m ops smoke --stack dev --direct --base-url http://127.0.0.1:8000/v1 --api-key-env OPENAI_API_KEY

Exit status: 0 all passed or said nothing here (skip), 1 something did not."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    endpoints.add_arguments(parser)
    parser.add_argument("--direct", action="store_true", help="URL is a vLLM server without the load balancer")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """0 when every check passed or was skipped, else 1."""
    endpoint = endpoints.endpoint_of(args, direct=args.direct)
    with progress(f"asking {endpoint.base_url}") as line:
        checks = run_checks(
            endpoint,
            has_tool_parser=_parser(args.stack),
            metrics=metrics_of(endpoint),
            asleep=partial(why_asleep, endpoint),
            began=line.update,
        )
    passed = all(check.passed for check in checks)
    if args.json:
        print(json.dumps({"base_url": endpoint.base_url, "passed": passed, **document(checks)}))
    else:
        for check in checks:
            print(text(check))
    return 0 if passed else 1


def text(check: Check) -> str:
    verdict = "skip  " if check.skipped else "ok    " if check.passed else "FAILED"
    return f"{verdict} {check.name} ({check.duration_s:.2f} s): {check.detail}"


def document(checks: list[Check]) -> dict[str, Any]:
    """What was checked, and what was not and why."""
    return {
        "checks": [
            {"name": check.name, "passed": check.passed, "detail": check.detail, "duration_s": check.duration_s}
            for check in checks
            if not check.skipped
        ],
        "skipped": [{"name": check.name, "why": check.detail} for check in checks if check.skipped],
    }


def _parser(stack: str) -> bool | None:
    """Whether the stack file asks for a tool parser; None without a stack file, which an address of one's own needs
    none of."""
    from config.sources import load_stack_file

    try:
        config = load_stack_file(stack=stack, root=Path.cwd()).config
    except ConfigError:
        return None
    return None if config is None else has_tool_parser(config)
