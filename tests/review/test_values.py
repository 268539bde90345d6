"""Property values: where they differ, and what is in them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from review.values import decoded, differences, leaves, renamed

LONG = "x" * 60


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1, 1, []),
        (None, 1, [("p", None, 1)]),
        ({"a": 1}, {"a": 1, "b": None}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("p.a.b", 1, 2)]),
        ({"a:b": 1}, {}, [('p["a:b"]', 1, None)]),
        ([1, 2], [1, 3, 4], [("p[1]", 2, 3), ("p[2]", None, 4)]),
        ([{"k": 1}], {"k": 1}, [("p", [{"k": 1}], {"k": 1})]),
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}', []),
        ('{"a": 1}', '{"a": 2}', [("p", '{"a": 1}', '{"a": 2}')]),
        ("{a", "{b", [("p", "{a", "{b")]),
    ],
)
def test_differences_have_paths_as_the_engine_writes_them(before: Any, after: Any, expected: Any) -> None:
    assert list(differences(before, after, path="p")) == expected


def test_leaves_are_decoded() -> None:
    text = base64.b64encode(LONG.encode()).decode()
    assert list(leaves({"a": [1, text], "b": {"c": "short"}})) == [1, LONG, "short"]


@pytest.mark.parametrize("text", ["abcd", "é" * 44, "A" * 44, "not base64! " * 8])
def test_other_texts_stay(text: str) -> None:
    assert decoded(text) in (text, base64.b64decode(text).decode() if text.isascii() and text[0] == "A" else text)


def test_names_are_put_in_place_of_others_the_longest_first() -> None:
    names = {"vpc-1": "vpc-9", "vpc-12": "vpc-8"}
    assert renamed({"a": "vpc-12", "b": ["vpc-1", 3]}, names) == {"a": "vpc-8", "b": ["vpc-9", 3]}
    hidden = base64.b64encode(f"{LONG}vpc-1".encode()).decode()
    assert decoded(renamed(hidden, names)) == f"{LONG}vpc-9"
    assert renamed(hidden, {"other": "x"}) == hidden
