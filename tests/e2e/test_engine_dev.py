"""What only the life of the dev stack shows: a stack that may go whole, until its cache is worth keeping."""

from __future__ import annotations

import pytest

from tests.e2e.life import Life
from tests.e2e.lives import Lives

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def life(lives: Lives) -> Life:
    return lives.of("dev")


def test_a_stack_without_protection_would_go_whole(life: Life) -> None:
    assert life.refusal == ""


def test_protecting_the_cache_touches_no_volume(life: Life) -> None:
    """Protection is the engine's; a stack whose cache is precious also gets secrets that can be brought back."""
    (parting,) = life.partings
    assert parting.up is not None
    assert {(step.op, step.type, step.changed) for step in parting.up.touched} == {
        ("update", "aws:secretsmanager/secret:Secret", ("recoveryWindowInDays",))
    }
