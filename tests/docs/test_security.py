"""docs/security.md names tests that exist, for each thing that it says is stopped."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.docs.readme import ROOT

PAGE = (ROOT / "docs/security.md").read_text()
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| by which way")]


@cache
def functions_of(path: str) -> frozenset[str]:
    module = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in module.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_every_test_that_is_named_exists(path: str, name: str) -> None:
    assert name in functions_of(path)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:60])
def test_every_way_has_what_stops_it_and_a_test(row: str) -> None:
    way, stops, shown = (cell.strip() for cell in row.strip("|").split("|"))
    assert way
    assert stops
    assert re.fullmatch(r"(`[\w/]+\.py::test_\w+`(, )?)+", shown), shown


def test_there_are_rows_and_a_way_to_report() -> None:
    assert len(ROWS) > 20
    assert "## How to report a flaw" in PAGE
    assert "docs/security.md" in (ROOT / "SECURITY.md").read_text()
