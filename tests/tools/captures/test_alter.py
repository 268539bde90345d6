"""Inputs with one thing in them altered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.captures.alter import Alteration, Kind, alterations, changes_only, other, paths

UNKNOWN = "unknown"


def altered(inputs: dict[str, Any], name: str) -> list[Alteration]:
    return list(alterations(inputs, names=[name], unknown=UNKNOWN))


def after(inputs: dict[str, Any], name: str) -> dict[tuple[str, Kind], Any]:
    """What the property is then; None where it is not there."""
    return {(item.path, item.kind): item.after.get(name) for item in altered(inputs, name)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, False),
        (7, 8),
        ("true", "false"),
        ("10.0.0.0/16", "10.0.0.0/17"),
        ("us-east-1a", "us-east-1b"),
        ("arn:aws:sns:us-east-1:123456789012:z", "arn:aws:sns:us-east-1:123456789012:a"),
        ("aGk=", "aGl="),
        ("", "x"),
        ("/*", "/*x"),
    ],
)
def test_another_value_is_of_the_same_kind(value: Any, expected: Any) -> None:
    assert other(value) == expected


def test_a_document_stays_one_and_says_something_else() -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Action": ["s3:Get"], "Resource": "*"}, {"Resource": "b"}]}
    changed = json.loads(other(json.dumps(policy)))
    assert changed == {**policy, "Statement": [policy["Statement"][0], {"Resource": "c"}]}


def test_a_plain_value_is_changed_unknown_gone_and_new() -> None:
    found = altered({"size": 8, "type": "gp3"}, "size")
    assert [(item.kind, item.before, item.after) for item in found] == [
        (Kind.CHANGED, {"size": 8, "type": "gp3"}, {"size": 9, "type": "gp3"}),
        (Kind.UNKNOWN, {"size": 8, "type": "gp3"}, {"size": UNKNOWN, "type": "gp3"}),
        (Kind.REMOVED, {"size": 8, "type": "gp3"}, {"type": "gp3"}),
        (Kind.ADDED, {"type": "gp3"}, {"size": 8, "type": "gp3"}),
    ]
    assert {item.name for item in found} == {"size"}


def test_every_field_of_a_block_is_altered_and_taken_away() -> None:
    assert after({"ebs": {"size": 8, "kind": "gp3"}}, "ebs") == {
        ("ebs.size", Kind.CHANGED): {"size": 9, "kind": "gp3"},
        ("ebs.size", Kind.REMOVED): {"kind": "gp3"},
        ("ebs.kind", Kind.CHANGED): {"size": 8, "kind": "gp4"},
        ("ebs.kind", Kind.REMOVED): {"size": 8},
        ("ebs", Kind.UNKNOWN): UNKNOWN,
        ("ebs", Kind.REMOVED): None,
        ("ebs", Kind.ADDED): {"size": 8, "kind": "gp3"},
    }


def test_a_list_gets_longer_and_shorter_and_its_last_text_unknown() -> None:
    assert after({"subnets": ["a1", "b1"]}, "subnets") == {
        ("subnets[*]", Kind.CHANGED): ["a2", "b1"],
        ("subnets", Kind.SHORTER): ["a1"],
        ("subnets", Kind.LONGER): ["a1", "b1", "b2"],
        ("subnets", Kind.UNKNOWN): ["a1", UNKNOWN],
        ("subnets", Kind.REMOVED): None,
        ("subnets", Kind.ADDED): ["a1", "b1"],
    }


def test_elements_of_a_list_are_alike() -> None:
    found = after({"rules": [{"port": 1}, {"port": 5}]}, "rules")
    assert found["rules[*].port", Kind.CHANGED] == [{"port": 2}, {"port": 5}]
    assert found["rules", Kind.LONGER] == [{"port": 1}, {"port": 5}, {"port": 6}]


@pytest.mark.parametrize("name", ["tags", "dimensions"])
def test_a_mapping_of_the_programs_own_keys_is_one_property(name: str) -> None:
    found = after({name: {"team": "a", "stack": "b"}}, name)
    assert {path for path, _ in found} == {name}
    assert found[name, Kind.CHANGED] == {"team": "b", "stack": "c"}
    assert found[name, Kind.LONGER] == {"team": "a", "stack": "b", "another": "one"}
    assert found[name, Kind.SHORTER] == {"stack": "b"}


def test_deep_inside_one_thing_stands_for_all() -> None:
    found = after({"rule": {"a": {"b": {"c": {"d": 1, "e": 2}, "f": 3}}}}, "rule")
    assert {path for path, kind in found if kind is Kind.CHANGED} == {"rule.a.b.c", "rule.a.b.f"}
    assert found["rule.a.b.c", Kind.CHANGED] == {"a": {"b": {"c": {"d": 2, "e": 2}, "f": 3}}}


def test_of_what_takes_long_each_property_is_changed_once() -> None:
    inputs = {"rules": [{"priority": 1}], "action": {"allow": {}}, "name": "x"}
    found = list(changes_only(inputs, names=["action", "name", "rules"]))
    assert [(item.path, item.after) for item in found] == [
        ("name", {**inputs, "name": "y"}),
        ("rules", {**inputs, "rules": [{"priority": 2}]}),
    ]


def test_paths_name_what_occurs() -> None:
    inputs = {"a": [{"b": 1}, {"c": 2}], "tags": {"x": "y"}, "d": [], "e": {"f": ["g"]}}
    assert set(paths(inputs, path="")) == {"a[*].b", "a[*].c", "tags", "d[*]", "e.f[*]"}
