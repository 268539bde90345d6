"""Policies on what the real engine says it would do to a stack that is there: `pulumi preview --json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.review.preview import review_of
from policies.check import Violation, violations_of
from policies.loader import load_rules
from policies.read import deployment_of
from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.providers import emulated_aws
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import EngineStack, open_stack
from review.model import Op
from tests.policies.days import TODAY
from tests.program.cases import ROOT

pytestmark = pytest.mark.e2e

STACK_FILE = "config:\n  aws:region: us-east-1\n  vllm:model: Qwen/Qwen3-0.6B\n"
RULES = tuple(rule for rule in load_rules() if rule.id in ("cache-is-kept", "service-is-kept"))
HELD = ["availabilityZone", "kmsKeyId", "snapshotId"]


@dataclass(kw_only=True)
class Asked:
    """What the program makes; changed between its runs, as a stack file is."""

    slots: int = 2
    zone: str = "us-east-1a"
    held: tuple[str, ...] = tuple(HELD)
    logs: str = "a"


def make(asked: Asked) -> None:
    import pulumi
    import pulumi_aws as aws

    for slot in range(asked.slots):
        aws.ebs.Volume(
            f"slot-{slot}",
            availability_zone=asked.zone,
            size=1,
            encrypted=True,
            tags={"vllm:cache-pool": "policies", "environment": "production"},
            opts=pulumi.ResourceOptions(ignore_changes=list(asked.held)),
        )
    aws.cloudwatch.LogGroup(
        "hosts", name=f"hosts-{asked.logs}", retention_in_days=7, tags={"environment": "production"}
    )
    pulumi.export("slots", asked.slots)


def document_of(engine: EngineStack, asked: Asked, **changed: Any) -> dict[str, Any]:
    """What the engine would do with these changes."""
    before = dict(asked.__dict__)
    asked.__dict__.update(changed)
    try:
        return engine.preview_document()
    finally:
        asked.__dict__.update(before)


@pytest.fixture(scope="module")
def documents(
    rig: Rig, busy_environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, dict[str, Any]]:
    root: Path = tmp_path_factory.mktemp("policies")
    (root / "Pulumi.yaml").write_bytes((ROOT / "Pulumi.yaml").read_bytes())
    (root / "Pulumi.policies.yaml").write_text(STACK_FILE, encoding="utf-8")
    asked = Asked()
    with (
        EmulatedAws() as aws,
        open_stack(
            stack="policies",
            root=root,
            rig=rig,
            providers=emulated_aws(aws.environment()),
            program=lambda: make(asked),
            environ=busy_environ,
        ) as engine,
    ):
        first = engine.preview_document()
        engine.up()
        return {
            "first": first,
            "same": document_of(engine, asked),
            "kept": document_of(engine, asked, zone="us-east-1b"),
            "replaced": document_of(engine, asked, zone="us-east-1b", held=()),
            "fewer": document_of(engine, asked, slots=1),
            "logs": document_of(engine, asked, logs="b"),
        }


def found(document: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """Rule, resource and the word of the operation, for what a preview would do."""
    graph = [step["newState"] for step in document["steps"] if step.get("newState")][:1]
    violations: tuple[Violation, ...] = violations_of(deployment_of(graph, document), rules=RULES, today=TODAY)
    return {
        (item.rule.id, item.finding.urn.rpartition("::")[2], item.finding.message.split()[3])
        for item in violations
        if item.finding.message.startswith("this update would")
    }


@pytest.mark.parametrize("name", ["first", "same", "kept"])
def test_what_ends_nothing_passes(documents: Mapping[str, dict[str, Any]], name: str) -> None:
    assert found(documents[name]) == set()


def test_a_replaced_slot_is_found(documents: Mapping[str, dict[str, Any]]) -> None:
    assert found(documents["replaced"]) == {("cache-is-kept", f"slot-{slot}", "replace") for slot in (0, 1)}


def test_a_deleted_slot_is_found(documents: Mapping[str, dict[str, Any]]) -> None:
    assert found(documents["fewer"]) == {("cache-is-kept", "slot-1", "delete")}


def test_replaced_logs_are_found(documents: Mapping[str, dict[str, Any]]) -> None:
    assert found(documents["logs"]) == {("service-is-kept", "hosts", "replace")}


def test_the_document_says_which_inputs_differ(documents: Mapping[str, dict[str, Any]]) -> None:
    graph = [step["newState"] for step in documents["logs"]["steps"] if step.get("newState")][:1]
    changed = {step.name: step.changed for step in deployment_of(graph, documents["logs"]).steps if step.ends_it}
    assert "name" in changed["hosts"]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("first", {(Op.CREATE, "slot-0"), (Op.CREATE, "slot-1"), (Op.CREATE, "hosts")}),
        ("same", set()),
        ("kept", set()),
        ("replaced", {(Op.REPLACE, "slot-0"), (Op.REPLACE, "slot-1")}),
        ("fewer", {(Op.DELETE, "slot-1")}),
        ("logs", {(Op.REPLACE, "hosts")}),
    ],
)
def test_a_review_of_it_names_what_the_engine_would_do(
    documents: Mapping[str, dict[str, Any]], name: str, changes: set[tuple[Op, str]]
) -> None:
    (stack,) = review_of(documents[name], name="preview.json").stacks
    custom = {(change.op, change.name) for change in stack.changes if change.type.startswith("aws:")}
    assert custom == changes
