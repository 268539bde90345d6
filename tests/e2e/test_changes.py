"""The table of changes against the real engine's previews of each, on a deployed prod stack."""

from __future__ import annotations

import pytest

from tests.e2e.change import Change
from tests.e2e.changes import CHANGES
from tests.e2e.life import Life
from tests.e2e.lives import Lives
from tests.e2e.previews import Preview, expected

pytestmark = pytest.mark.e2e

NEVER = ("LoadBalancer ", "Volume ", "TargetGroup ", "LaunchTemplate ", "Group ", "Secret ", "Vpc ")
"""What clients, hosts and their files hang on."""


@pytest.fixture(scope="module")
def life(lives: Lives) -> Life:
    return lives.of("prod")


@pytest.fixture(params=CHANGES, ids=lambda change: change.name)
def change(request: pytest.FixtureRequest) -> Change:
    row: Change = request.param
    return row


@pytest.fixture
def preview(life: Life, change: Change) -> Preview:
    return life.previews[change.name]


def test_a_change_touches_exactly_what_its_row_says(life: Life, change: Change, preview: Preview) -> None:
    if not change.refused_for:
        assert preview.refusal == ""
        assert preview.touched == expected(change, state=life.state)


def test_what_cannot_be_done_in_place_is_refused_by_the_preview(change: Change, preview: Preview) -> None:
    assert change.refused_for in preview.refusal
    assert bool(change.refused_for) == bool(preview.refusal)


def test_nothing_that_matters_is_replaced_or_deleted(preview: Preview) -> None:
    gone = [what for op, what in preview.touched if op in ("replace", "delete")]
    assert [what for what in gone if what.startswith(NEVER)] == []


def test_a_preview_only_reads(preview: Preview) -> None:
    assert preview.writing == ()


def test_the_stack_is_afterwards_as_it_was(life: Life) -> None:
    assert life.settled.touched == ()
    assert life.settled.counts == {"same": len(life.up.steps)}
