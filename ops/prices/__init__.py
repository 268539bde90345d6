"""``ops prices update``: the hourly prices of the instance types, as AWS's Pricing API has them today."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from config.errors import ConfigError, Problem
from ops.prices.table import Changes, Table, read_table, written
from ops.progress import progress

HELP = "Bring the table of instance prices up to date from AWS's Pricing API; needs credentials, changes no AWS thing."
TABLE = Path(__file__).resolve().parents[2] / "sizing" / "data" / "instances.json"

EPILOG = """examples:
  python -m ops prices update --check          # does the table still hold?
  python -m ops prices update && git diff sizing/data
  python -m ops prices update --check --region eu-west-1

It needs pricing:GetProducts. Exit status: with --check 1 when a price has changed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="update")
    update = actions.add_parser("update", help="ask AWS for every type of the table, and write what has changed")
    update.add_argument("--check", action="store_true", help="write nothing; status 1 when a price has changed")
    update.add_argument(
        "--region",
        metavar="REGION",
        help="with --check: compare that region's prices (default: the table's own region)",
    )
    update.add_argument("--table", type=Path, default=TABLE, metavar="FILE", help="default: the project's own")
    update.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """0; with ``--check`` 1 when a price has changed."""
    from ops.clients import client_config, session
    from ops.prices.found import ENDPOINT_REGION, hourly_prices

    table = read_table(args.table)
    region = _region(args.region, table=table, check=args.check)
    client = session(ENDPOINT_REGION).client("pricing", config=client_config())
    with progress(f"asking for the prices of {region}") as line:
        prices = hourly_prices(client, types=[row.type for row in table.rows], region=region, say=line.update)
    changes = Changes.of(table, prices)
    today = datetime.now(UTC).date().isoformat()
    if not args.check:
        args.table.write_text(written(table, prices, date=today), encoding="utf-8")
    if args.json:
        print(json.dumps({"region": region, "date": today, "written": not args.check, **changes.document()}))
    else:
        print("\n".join(changes.lines()))
        print(_next(args.table, changes, check=args.check, region=region), file=sys.stderr)
    return 1 if args.check and changes.changed else 0


def _region(asked: str | None, *, table: Table, check: bool) -> str:
    """ConfigError for another region than the table's, unless it is only compared: a plan adds up prices of one."""
    if asked is None or asked == table.region or check:
        return asked or table.region
    raise ConfigError(
        [
            Problem(
                path="--region",
                given=asked,
                allowed=f"{table.region}, or --check with it",
                example=f"python -m ops prices update --check --region {asked}",
                message="the table is of one region, as are the other prices of a plan",
            )
        ]
    )


def _next(file: Path, changes: Changes, *, check: bool, region: str) -> str:
    if check:
        return f"nothing is written: {changes.summary()} in {region}"
    return f"{file.name}: {changes.summary()}; review it (git diff {file}), run the tests, commit it"
