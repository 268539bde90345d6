"""What a destroy may leave, what a refusal must be about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rehearsal.engine.events import Run, Step
from rehearsal.engine.stack import Held
from rehearsal.ledger import StepFailedError
from rehearsal.verdicts import refused_with, require_only_protected, touched, without_deletion_protection


def held(id_: str, *, protect: bool = True, retained: bool = False) -> Held:
    type_ = "aws:ebs/volume:Volume"
    return Held(urn=f"urn::{id_}", type=type_, id=id_, protect=protect, outputs={}, retained=retained)


def test_exactly_what_is_protected_may_stay() -> None:
    require_only_protected(left=["vol-1", "vol-2"], held=[held("vol-2"), held("vol-1")])
    require_only_protected(left=[], held=[])


def test_what_is_retained_may_stay_or_go() -> None:
    images = held("vllm-image", protect=False, retained=True)
    require_only_protected(left=["vllm-image"], held=[images])
    require_only_protected(left=[], held=[images])


def test_what_is_held_without_protection_may_not_stay() -> None:
    with pytest.raises(StepFailedError, match="without protection: vol-1"):
        require_only_protected(left=["vol-1"], held=[held("vol-1", protect=False)])


def test_anything_else_that_stays_is_named() -> None:
    with pytest.raises(StepFailedError, match="left behind without protection: nat-1"):
        require_only_protected(left=["nat-1", "vol-1"], held=[held("vol-1")])


def test_a_protected_resource_that_is_gone_is_named() -> None:
    with pytest.raises(StepFailedError, match="protected, but gone: vol-2"):
        require_only_protected(left=["vol-1"], held=[held("vol-1"), held("vol-2")])


class RefusedError(Exception):
    """What somebody says who refuses."""


def refuse(words: str) -> Callable[[], None]:
    def act() -> None:
        raise RefusedError(words)

    return act


def test_a_refusal_for_the_reason_meant_is_quoted() -> None:
    words = refused_with(refuse("preview\nerror: balancer is protected"), RefusedError, about="balancer")
    assert words == "error: balancer is protected"


def test_a_refusal_for_another_reason_is_none() -> None:
    with pytest.raises(StepFailedError, match="not because of balancer: no network"):
        refused_with(refuse("no network"), RefusedError, about="balancer")


def test_what_is_not_refused_fails() -> None:
    with pytest.raises(StepFailedError, match="not refused: balancer"):
        refused_with(lambda: None, RefusedError, about="balancer")


@pytest.mark.parametrize("section", [{"deletionProtection": True, "domain": "a.b"}, '{"deletionProtection": true}'])
def test_the_setting_is_taken_away_however_the_section_is_written(section: object) -> None:
    config = {"vllm:endpoint": section, "aws:region": "us-east-1"}
    without_deletion_protection(config)
    assert config["aws:region"] == "us-east-1"
    assert isinstance(config["vllm:endpoint"], dict)
    assert config["vllm:endpoint"]["deletionProtection"] is False
    assert isinstance(section, str) or config["vllm:endpoint"]["domain"] == "a.b"


def test_what_a_run_changed_is_named() -> None:
    balancer = "urn:pulumi:prod::vllm::vllm:components:LoadBalancer$aws:lb/loadBalancer:LoadBalancer::vllm"
    steps = (Step(op="same", urn=balancer), Step(op="update", urn=balancer))
    assert touched(Run(kind="up", steps=steps, text="", seconds=1.0)) == "update LoadBalancer vllm"
    assert touched(Run(kind="up", steps=steps[:1], text="", seconds=1.0)) == "nothing to change"
