"""The tool that captures what replaces a resource, and the table that it wrote."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from tests.program.cases import STACKS, load_case
from tools.capture_replacements import TABLE, subjects


@cache
def table() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return document


def test_one_resource_stands_for_all_that_have_the_same_properties() -> None:
    graph = load_case("dev").graph
    found = subjects([graph, graph])
    rules = [item for item in found if item.type == "aws:lb/listenerRule:ListenerRule"]
    assert len(rules) == 1 < len(graph.of_type("aws:lb/listenerRule:ListenerRule"))
    assert {item.type for item in found} == {
        item.type for item in graph if item.custom and item.type.startswith("aws:")
    }


def test_an_older_provider_gets_what_it_takes() -> None:
    (volume,) = (item for item in subjects([load_case("prod").graph]) if item.type == "aws:ebs/volume:Volume")
    assert volume.inputs["throughput"] <= 1000


def test_the_table_names_the_provider_and_is_sorted() -> None:
    assert table()["provider"].startswith(("terraform-provider-aws ", "pulumi-aws "))
    assert list(table()["types"]) == sorted(table()["types"])
    for rules in table()["types"].values():
        assert all(rules[key] == sorted(rules[key]) for key in ("replace", "update", "computed"))
        assert not {*rules["replace"]} & {*rules["update"]}


@pytest.mark.parametrize("stack", STACKS)
def test_every_property_that_a_committed_stack_sets_is_in_the_table(stack: str) -> None:
    missing = set()
    for resource in subjects([load_case(stack).graph]):
        rules = table()["types"].get(resource.type, {"replace": [], "update": []})
        known = {path.partition(".")[0].partition("[")[0] for key in ("replace", "update") for path in rules[key]}
        missing |= {f"{resource.type} {name}" for name in resource.inputs if name not in known}
    assert missing == set(), "python -m tools.capture_replacements"


@pytest.mark.parametrize(
    ("type_", "name", "answer"),
    [
        ("aws:ebs/volume:Volume", "availabilityZone", "replace"),
        ("aws:ebs/volume:Volume", "size", "update"),
        ("aws:lb/loadBalancer:LoadBalancer", "internal", "replace"),
        ("aws:lb/targetGroup:TargetGroup", "port", "replace"),
        ("aws:ec2/launchTemplate:LaunchTemplate", "userData", "update"),
        ("aws:ec2/vpc:Vpc", "cidrBlock", "replace"),
        ("aws:secretsmanager/secret:Secret", "kmsKeyId", "update"),
    ],
)
def test_what_people_know_of_aws_is_what_the_provider_said(type_: str, name: str, answer: str) -> None:
    assert name in table()["types"][type_][answer]
