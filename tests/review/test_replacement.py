"""The table of what replaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from review.model import Forces
from review.replacement import Kind, load_table, table_of

DOCUMENT: dict[str, Any] = {
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


@pytest.mark.parametrize(
    ("path", "kind", "forces"),
    [
        ("a", Kind.REMOVED, Forces.NO),
        ("a", Kind.ADDED, Forces.YES),
        ("b[3].c", Kind.UNKNOWN, Forces.NO),
        ("b[3].c", Kind.CHANGED, Forces.YES),
        ("d.g", Kind.REMOVED, Forces.YES),
        ("d", Kind.REMOVED, Forces.NO),
    ],
)
def test_values_that_come_and_go_may_have_an_answer_of_their_own(path: str, kind: Kind, forces: Forces) -> None:
    entry = DOCUMENT["types"]["t"] | {
        "whenRemoved": {"none": ["a"], "replace": ["d.g"]},
        "whenUnknown": {"update": ["b[*].c"]},
    }
    assert table_of(DOCUMENT | {"types": {"t": entry}}).forces("t", path, kind) is forces


def test_outputs_may_depend_on_what_is_updated() -> None:
    rules = table_of(DOCUMENT | {"types": {"t": {"computed": ["v"], "computedBy": {"w": ["a"]}}}}).of("t")
    assert rules.unknown_after(frozenset({"a", "b"})) == {"v", "w"}
    assert rules.unknown_after(frozenset({"b"})) == {"v"}


def test_what_every_update_shows_follows_from_none() -> None:
    entry = {"update": ["a", "b"], "also": {"a": ["always", "own"], "b": ["always"]}}
    rules = table_of(DOCUMENT | {"types": {"t": entry}}).of("t")
    assert rules.also == {"a": ("own",), "b": ()}


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
