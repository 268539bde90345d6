"""``python -m ops dashboard``: the stack's dashboard for a Grafana of one's own."""

from __future__ import annotations

import argparse
from pathlib import Path

from config.sources import load_stack_file
from machine.hardware import hardware
from monitoring.alarms import metric_alarms
from monitoring.facts import Facts
from monitoring.grafana import grafana_json
from monitoring.lines import Prices
from monitoring.scaling import marks
from sizing.prepare import prepare

HELP = "The stack's dashboard as JSON, to import into Grafana (11.6 or later). Needs no account and no network."
EPILOG = """examples:
  python -m ops dashboard --stack prod > dashboard.json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--stack", required=True, metavar="NAME", help="draw the stack of Pulumi.NAME.yaml")


def run(args: argparse.Namespace) -> int:
    """Prints the dashboard. ConfigError with every problem of the stack file."""
    root = Path()
    config, plan = prepare(load_stack_file(stack=args.stack, root=root), root=root, hardware=hardware)
    facts = Facts.of(plan, has_certificate=config.endpoint.is_https)
    alarms = metric_alarms(stack=config.stack, facts=facts, thresholds=config.monitoring.thresholds)
    alarms += marks(plan.scaling)
    on_hosts = config.target != "local"
    print(grafana_json(stack=config.stack, alarms=alarms, prices=Prices.of(plan), publisher=on_hosts), end="")
    return 0
