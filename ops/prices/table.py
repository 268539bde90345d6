"""The committed table of instance prices: read, compared, and written so that only what has changed differs. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ops.errors import failure

SOURCE = "on-demand Linux prices from AWS's Pricing API (python -m ops prices update)"
DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Row:
    type: str
    hourly_usd: float | None


@dataclass(frozen=True, kw_only=True)
class Table:
    """``text``: the file as it is."""

    region: str
    rows: tuple[Row, ...]
    text: str


@dataclass(frozen=True, kw_only=True)
class Change:
    type: str
    old: float | None
    new: float

    def __str__(self) -> str:
        if self.old is None:
            return f"{self.type}: no price -> {self.new:g}"
        return f"{self.type}: {self.old:g} -> {self.new:g} ({(self.new / self.old - 1):+.1%})"


@dataclass(frozen=True, kw_only=True)
class Changes:
    """``unlisted``: types for which AWS lists no price; they keep the one that they have."""

    changed: tuple[Change, ...]
    unlisted: tuple[str, ...]
    same: int

    @classmethod
    def of(cls, table: Table, prices: Mapping[str, float | None]) -> Changes:
        listed = [(row, price) for row in table.rows if (price := prices.get(row.type)) is not None]
        changed = tuple(
            Change(type=row.type, old=row.hourly_usd, new=rounded(price))
            for row, price in listed
            if rounded(price) != row.hourly_usd
        )
        return cls(
            changed=changed,
            unlisted=tuple(row.type for row in table.rows if prices.get(row.type) is None),
            same=len(listed) - len(changed),
        )

    def lines(self) -> list[str]:
        lines = [str(change) for change in self.changed]
        if self.unlisted:
            lines.append(f"no on-demand price is listed, left as it was: {', '.join(self.unlisted)}")
        return lines or ["every price is as it was"]

    def summary(self) -> str:
        return f"{len(self.changed)} changed, {self.same} as before, {len(self.unlisted)} not listed"

    def document(self) -> dict[str, Any]:
        return {
            "changes": [asdict(change) for change in self.changed],
            "unlisted": list(self.unlisted),
            "same": self.same,
        }


def rounded(price: float) -> float:
    """As the table has prices; AWS's are decimal text with ten digits."""
    return round(price, DIGITS)


def read_table(file: Path) -> Table:
    """OpsError for what is not the table."""
    try:
        text = file.read_text(encoding="utf-8")
        document = json.loads(text)
        rows = tuple(Row(type=row["instance_type"], hourly_usd=row["hourly_usd"]) for row in document["instances"])
        return Table(region=document["price_region"], rows=rows, text=text)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise failure(
            path=str(file),
            given=f"{type(error).__name__}: {error}",
            message="this is not the table of instance prices",
            example="python -m ops prices update, from a checkout of the project",
        ) from None


def written(table: Table, prices: Mapping[str, float | None], *, date: str) -> str:
    """The file with these prices, looked up on ``date``; every other character is as it was."""
    lines = [_priced(line, prices) for line in table.text.split("\n")]
    text = re.sub(r'("prices_date": ")[^"]*(")', rf"\g<1>{date}\g<2>", "\n".join(lines), count=1)
    return re.sub(r'("source": "[^";]*; ?)[^"]*(")', rf"\g<1>{table.region} {SOURCE}\g<2>", text, count=1)


def _priced(line: str, prices: Mapping[str, float | None]) -> str:
    found = re.search(r'"instance_type": "([^"]+)"', line)
    price = prices.get(found[1]) if found else None
    if price is None:
        return line
    return re.sub(r'("hourly_usd": )[^,}]+', rf"\g<1>{json.dumps(rounded(price))}", line, count=1)
