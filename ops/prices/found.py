"""On-demand prices of instance types, out of the Pricing API's answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from ops.clients import aws_errors
from ops.errors import failure

ENDPOINT_REGION = "us-east-1"  # the API is there and in two other regions alone; it tells of all
FILTERS: Mapping[str, str] = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "licenseModel": "No License required",
}
"""What a plain instance is, among the dozens of products that each type is."""


class Pricing(Protocol):
    """boto3's client, as far as it is used."""

    def get_paginator(self, operation_name: Any, /) -> Any: ...


def hourly_prices(
    client: Pricing, *, types: Sequence[str], region: str, say: Callable[[str], None] = lambda _: None
) -> dict[str, float | None]:
    """By type; None where AWS lists none. OpsError when it refuses, or says two prices for one type."""
    prices: dict[str, float | None] = {}
    for index, name in enumerate(types):
        say(f"{index} of {len(types)}, {name}")
        prices[name] = _price(_products(client, name=name, region=region), name=name)
    if types and not any(prices.values()):
        raise failure(
            path="--region",
            given=region,
            message="AWS lists no price there for any type of the table: is this a region?",
            example="python -m ops prices update --check --region eu-west-1",
        )
    return prices


def _products(client: Pricing, *, name: str, region: str) -> list[Mapping[str, Any]]:
    asked = {"instanceType": name, "regionCode": region, **FILTERS}
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in asked.items()]
    with aws_errors(f"ask for the price of {name}"):
        pages = client.get_paginator("get_products").paginate(ServiceCode="AmazonEC2", Filters=filters)
        return [json.loads(text) for page in pages for text in page["PriceList"]]


def _price(products: Iterable[Mapping[str, Any]], *, name: str) -> float | None:
    """What an hour costs. Products for capacity blocks and reservations are listed at 0 and count as none."""
    found = sorted({price for product in products for price in _hours(product) if price > 0})
    if len(found) > 1:
        raise failure(
            path=name,
            given=", ".join(f"{price:g}" for price in found),
            message="AWS lists several on-demand prices for this type; nothing is written",
        )
    return found[0] if found else None


def _hours(product: Mapping[str, Any]) -> Iterable[float]:
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term.get("priceDimensions", {}).values():
            if dimension.get("unit") == "Hrs":
                yield float(dimension.get("pricePerUnit", {}).get("USD", 0))
