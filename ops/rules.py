"""``python -m ops rules``: the stack's alarms for a Prometheus of one's own."""

from __future__ import annotations

import argparse
from pathlib import Path

from config.sources import load_stack_file
from machine.hardware import hardware
from monitoring.facts import Facts
from monitoring.local_rules import local_rules_yaml
from monitoring.rules import RUNBOOK, rules_yaml
from sizing.prepare import prepare

HELP = "The stack's alarms as a rule file for Prometheus (2.42 or later). Needs no account and no network."
EPILOG = """examples:
  python -m ops rules --stack prod > vllm-prod.rules.yaml
  python -m ops rules --stack prod --runbook-url https://wiki.example.com/runbook"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
    parser.add_argument(
        "--runbook-url", default=RUNBOOK, metavar="URL", help="where people read docs/runbook.md, for links in messages"
    )
    parser.add_argument(
        "--job", metavar="NAME", help="of the scraping job that has this stack's hosts alone (default: vllm-STACK)"
    )


def run(args: argparse.Namespace) -> int:
    """Prints the file. ConfigError with every problem of the stack file."""
    root = Path()
    config, plan = prepare(load_stack_file(stack=args.stack, root=root), root=root, hardware=hardware)
    facts = Facts.of(plan, has_certificate=config.endpoint.is_https)
    thresholds = config.monitoring.thresholds
    render = local_rules_yaml if config.target == "local" else rules_yaml
    text = render(stack=config.stack, facts=facts, thresholds=thresholds, runbook_url=args.runbook_url, job=args.job)
    print(text, end="")
    return 0
