"""The table of what replaces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from review.model import Forces
from review.replacement import load_table, table_of

DOCUMENT = {
    "provider": "aws 5.100.0",
    "captured": "2026-01-31",
    "types": {
        "t": {"replace": ["a", "b[*].c", "d.e.f"], "update": ["b", "d"], "computed": ["v"], "also": {"a": ["z"]}}
    },
}


@pytest.mark.parametrize(
    ("path", "forces"),
    [
        ("a", Forces.YES),
        ("a.x[3].y", Forces.YES),
        ("b[0].c", Forces.YES),
        ("b[12].d", Forces.NO),
        ("b", Forces.NO),
        ("d.e.f", Forces.YES),
        ("d.e.g", Forces.NO),
        ('d["e.f"]', Forces.NO),
        ("x", Forces.MAYBE),
        ("ab", Forces.MAYBE),
    ],
)
def test_the_innermost_line_counts(path: str, forces: Forces) -> None:
    assert table_of(DOCUMENT).forces("t", path) is forces


def test_nothing_is_known_of_another_type() -> None:
    table = table_of(DOCUMENT)
    assert table.forces("u", "a") is Forces.MAYBE
    assert table.of("u").computed == frozenset()


def test_the_table_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    file.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    table = load_table(file)
    assert (table.provider, table.captured) == ("aws 5.100.0", "2026-01-31")
    assert table.of("t").also == {"a": ("z",)}
