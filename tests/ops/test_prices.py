"""``ops prices update``, with answers made up in the documented form of the Pricing API: none was recorded from AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.errors import OpsError
from ops.prices import TABLE
from ops.prices.found import hourly_prices
from ops.prices.table import Changes, read_table, written
from tests.ops.deployed_stack import Folder, make_folder
from tests.ops.vllm_stand_in import serving

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def product(*prices: float, unit: str = "Hrs") -> str:
    """As AWS writes one: a document as text, its prices decimal text."""
    terms = {
        f"SKU.JRTCKXETXF{index}": {
            "priceDimensions": {"SKU.X.6YS6EN2CT7": {"unit": unit, "pricePerUnit": {"USD": f"{price:.10f}"}}}
        }
        for index, price in enumerate(prices)
    }
    return json.dumps({"product": {"sku": "SKU"}, "terms": {"OnDemand": terms}})


class Client:
    """Knows products by type; keeps what it was asked."""

    def __init__(self, products: Mapping[str, Sequence[str]]) -> None:
        self.products, self.asked = products, []  # type: tuple[Mapping[str, Sequence[str]], list[Mapping[str, Any]]]

    def get_paginator(self, operation_name: str, /) -> Client:
        assert operation_name == "get_products"
        return self

    def paginate(self, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        self.asked.append(arguments)
        name = next(each["Value"] for each in arguments["Filters"] if each["Field"] == "instanceType")
        for text in self.products.get(name, ()):
            yield {"PriceList": [text]}


def test_each_type_is_asked_for_as_a_plain_linux_machine() -> None:
    client = Client({"g5.xlarge": [product(1.006)], "g6.xlarge": [product(0.8048)]})
    prices = hourly_prices(client, types=["g5.xlarge", "g6.xlarge", "p5e.48xlarge"], region="us-east-1")
    assert prices == {"g5.xlarge": 1.006, "g6.xlarge": 0.8048, "p5e.48xlarge": None}
    filters = {each["Field"]: each["Value"] for each in client.asked[0]["Filters"]}
    assert filters["regionCode"] == "us-east-1"
    assert filters["tenancy"] == "Shared"
    assert filters["capacitystatus"] == "Used"


def test_what_is_listed_at_nothing_or_by_the_month_is_no_price() -> None:
    client = Client({"g5.xlarge": [product(0.0), product(9.0, unit="Quantity"), product(1.006)]})
    assert hourly_prices(client, types=["g5.xlarge"], region="us-east-1") == {"g5.xlarge": 1.006}


def test_two_prices_for_one_type_are_a_failure() -> None:
    client = Client({"g5.xlarge": [product(1.0), product(1.1)]})
    with pytest.raises(OpsError, match="several on-demand prices"):
        hourly_prices(client, types=["g5.xlarge"], region="us-east-1")


def test_a_region_without_any_price_is_no_region() -> None:
    with pytest.raises(OpsError, match="is this a region"):
        hourly_prices(Client({}), types=["g5.xlarge"], region="us-moon-1")


def committed() -> dict[str, float | None]:
    return {row.type: row.hourly_usd for row in read_table(TABLE).rows}


def test_the_same_prices_leave_every_row_as_it_was() -> None:
    table = read_table(TABLE)
    text = written(table, committed(), date="2026-12-01")
    differing = [new for old, new in zip(table.text.split("\n"), text.split("\n"), strict=True) if old != new]
    assert [line.split(":")[0].strip() for line in differing] == ['"source"', '"prices_date"']
    assert "us-east-1 on-demand Linux prices from AWS's Pricing API" in json.loads(text)["source"]
    assert json.loads(text)["source"].startswith("DescribeInstanceTypes as kept by moto")
    assert Changes.of(table, committed()).changed == ()


def test_a_second_update_of_the_same_day_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "instances.json"
    file.write_text(written(read_table(TABLE), committed() | {"g5.xlarge": 1.1}, date="2026-12-01"))
    again = written(read_table(file), committed() | {"g5.xlarge": 1.1}, date="2026-12-01")
    assert again == file.read_text()


def test_only_the_price_of_a_row_changes() -> None:
    table = read_table(TABLE)
    text = written(table, {**committed(), "g5.xlarge": 1.1, "p5e.48xlarge": 41.6112349}, date="2026-12-01")
    rows = {row["instance_type"]: row for row in json.loads(text)["instances"]}
    before = {row["instance_type"]: row for row in json.loads(table.text)["instances"]}
    assert rows["g5.xlarge"] == before["g5.xlarge"] | {"hourly_usd": 1.1}
    assert rows["p5e.48xlarge"]["hourly_usd"] == 41.611235
    assert {name for name, row in rows.items() if row != before[name]} == {"g5.xlarge", "p5e.48xlarge"}


def test_the_difference_is_shown_by_row() -> None:
    prices = {**committed(), "g5.xlarge": 1.1066, "g6.xlarge": None, "p5e.48xlarge": 41.6}
    changes = Changes.of(read_table(TABLE), prices)
    assert changes.lines() == [
        "g5.xlarge: 1.006 -> 1.1066 (+10.0%)",
        "p5e.48xlarge: no price -> 41.6",
        "no on-demand price is listed, left as it was: g6.xlarge",
    ]
    assert changes.summary() == "2 changed, 59 as before, 1 not listed"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "instances.json").write_text(TABLE.read_text())
    return make_folder(tmp_path, outputs={}, environment=KEYS)


def pricing(path: str, key: str | None, body: Any) -> tuple[int, Any]:
    """The API itself, whose g5.xlarge costs 1.1 everywhere and all else what the table says."""
    fields = {each["Field"]: each["Value"] for each in body["Filters"]}
    price = 1.1 if fields["instanceType"] == "g5.xlarge" else committed()[fields["instanceType"]]
    return 200, {"FormatVersion": "aws_v1", "PriceList": [product(price)] if price else []}


def update(folder: Folder, *arguments: str, respond: Any = pricing) -> Any:
    with serving(respond) as url:
        address = url.removesuffix("/v1")
        return folder.ops("prices", "update", "--table", "instances.json", *arguments, AWS_ENDPOINT_URL=address)


def test_the_verb_writes_and_says_what_to_do_next(folder: Folder) -> None:
    done = update(folder)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "g5.xlarge: 1.006 -> 1.1 (+9.3%)")
    assert "git diff instances.json" in done.stderr
    document = json.loads((folder.path / "instances.json").read_text())
    assert document["prices_date"] == datetime.now(UTC).date().isoformat()


def test_a_check_writes_nothing_and_is_status_1_for_a_difference(folder: Folder) -> None:
    done = update(folder, "--check", "--json", "--region", "eu-west-1")
    document = json.loads(done.stdout)
    assert (done.returncode, document["region"], document["written"]) == (1, "eu-west-1", False)
    assert document["changes"] == [{"type": "g5.xlarge", "old": 1.006, "new": 1.1}]
    assert (folder.path / "instances.json").read_text() == TABLE.read_text()


def test_another_region_is_only_compared(folder: Folder) -> None:
    done = update(folder, "--region", "eu-west-1")
    assert done.returncode == 2
    assert "example: python -m ops prices update --check --region eu-west-1" in done.stderr


def test_a_role_that_may_not_ask_is_said(folder: Folder) -> None:
    denied = {"__type": "AccessDeniedException", "message": "not authorized to perform: pricing:GetProducts"}
    done = update(folder, respond=lambda *_: (400, denied))
    assert done.returncode == 1
    assert "your role may not call GetProducts" in done.stderr
    assert (folder.path / "instances.json").read_text() == TABLE.read_text()


def test_no_credentials_are_said(folder: Folder) -> None:
    done = update(folder, "--check", "--json")
    assert done.returncode == 1
    bare = make_folder(folder.path, outputs={}, environment={"AWS_EC2_METADATA_DISABLED": "true"})
    failed = bare.ops("prices", "update", "--table", "instances.json", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert failed.returncode == 1
    assert "no usable credentials" in failed.stderr


def test_what_is_no_table_is_said(folder: Folder) -> None:
    (folder.path / "instances.json").write_text("{}")
    done = update(folder)
    assert done.returncode == 1
    assert "this is not the table of instance prices" in done.stderr
