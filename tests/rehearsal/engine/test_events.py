"""Steps from the engine's own events, as its event log writes them."""

from __future__ import annotations

from typing import Any

from pulumi.automation.events import EngineEvent

from rehearsal.engine.events import Run, Step, steps_of

VPC = "urn:pulumi:dev::vllm::vllm:components:Network$aws:ec2/vpc:Vpc::vllm"


def event(kind: str, *, op: str, urn: str = VPC, type_: str = "aws:ec2/vpc:Vpc", **metadata: Any) -> EngineEvent:
    step = {"op": op, "urn": urn, "type": type_, "keys": [], "diffs": [], "provider": "", **metadata}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, kind: {"metadata": step, "planning": False}})


def test_a_step_names_what_changed() -> None:
    (step,) = steps_of(
        [event("resourcePreEvent", op="update", detailedDiff={"tags.a": {"diffKind": "update", "inputDiff": False}})]
    )
    assert step == Step(op="update", urn=VPC, changed=("tags.a",))
    assert (step.name, step.type) == ("vllm", "aws:ec2/vpc:Vpc")


def test_a_replacement_names_what_forces_it() -> None:
    (step,) = steps_of([event("resourcePreEvent", op="replace", keys=["vpcId", "cidrBlock"])])
    assert step.replacing == ("cidrBlock", "vpcId")


def test_a_step_that_begins_and_ends_counts_once() -> None:
    assert len(steps_of([event("resourcePreEvent", op="create"), event("resOutputsEvent", op="create")])) == 1


def test_a_replacement_is_all_of_its_steps() -> None:
    ops = ["create-replacement", "replace", "delete-replaced"]
    assert [step.op for step in steps_of([event("resourcePreEvent", op=op) for op in ops])] == ops


def test_a_refresh_counts_by_its_outcome() -> None:
    begun = event("resourcePreEvent", op="refresh")
    drifted = event("resOutputsEvent", op="update", detailedDiff={"tags": {"diffKind": "update", "inputDiff": False}})
    run = Run(kind="refresh", steps=steps_of([begun, drifted]), text="", seconds=1)
    assert run.counts == {"update": 1}
    assert [step.changed for step in run.touched] == [("tags",)]


def test_what_stays_the_same_is_not_touched() -> None:
    run = Run(kind="up", steps=steps_of([event("resourcePreEvent", op="same")]), text="", seconds=1)
    assert run.counts == {"same": 1}
    assert run.touched == ()


def test_the_stack_and_its_providers_do_not_count() -> None:
    events = [
        event("resourcePreEvent", op="create", type_="pulumi:pulumi:Stack"),
        event("resourcePreEvent", op="create", type_="pulumi:providers:aws"),
        EngineEvent.from_json({"sequence": 2, "timestamp": 1, "cancelEvent": {}}),
    ]
    assert steps_of(events) == ()
