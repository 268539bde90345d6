"""What a destroy may leave."""

from __future__ import annotations

import pytest

from rehearsal.engine.stack import Held
from rehearsal.ledger import StepFailedError
from rehearsal.scenario import require_only_protected


def held(id_: str) -> Held:
    return Held(urn=f"urn::{id_}", type="aws:ebs/volume:Volume", id=id_, protect=True, outputs={})


def test_exactly_what_is_protected_may_stay() -> None:
    require_only_protected(left=["vol-1", "vol-2"], protected=[held("vol-2"), held("vol-1")])
    require_only_protected(left=[], protected=[])


def test_anything_else_that_stays_is_named() -> None:
    with pytest.raises(StepFailedError, match="left behind without protection: nat-1"):
        require_only_protected(left=["nat-1", "vol-1"], protected=[held("vol-1")])


def test_a_protected_resource_that_is_gone_is_named() -> None:
    with pytest.raises(StepFailedError, match="protected, but gone: vol-2"):
        require_only_protected(left=["vol-1"], protected=[held("vol-1"), held("vol-2")])
