"""A key of the stack's own and a budget, on the real engine and provider."""

from __future__ import annotations

import pytest

from components.aws.own_key import DELETION_WINDOW_DAYS
from tests.e2e.lives import Lives
from tests.e2e.watched_life import NOTIFY, Guarded, WatchedLife

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def life(lives: Lives) -> WatchedLife:
    return lives.of_watched()


@pytest.fixture
def guarded(life: WatchedLife) -> Guarded:
    return life.guarded


def test_everything_that_keeps_data_is_encrypted_with_the_stacks_key(life: WatchedLife, guarded: Guarded) -> None:
    arn = life.first.outputs["encryption_key_arn"]
    assert guarded.key["Arn"] == arn
    assert len(guarded.used) > 6
    assert guarded.used == dict.fromkeys(guarded.used, arn)


def test_the_key_turns(guarded: Guarded) -> None:
    assert guarded.rotates
    assert guarded.key["KeyState"] == "Enabled"


def test_an_alarm_is_heard_through_the_encrypted_topic(guarded: Guarded) -> None:
    assert guarded.heard == 1


def test_aws_mails_before_at_and_ahead_of_the_limit(guarded: Guarded) -> None:
    assert guarded.budget["BudgetLimit"] == {"Amount": "900.00", "Unit": "USD"}
    assert guarded.budget["CostFilters"] == {"TagKeyValue": ["user:Stack$dev"]}
    people = tuple(NOTIFY)
    assert guarded.alerts == {("ACTUAL", 80.0): people, ("ACTUAL", 100.0): people, ("FORECASTED", 100.0): people}


def test_a_destroyed_stack_keeps_its_key_for_as_long_as_can_be(life: WatchedLife) -> None:
    """And pays nothing for it: `left` of the other module does not count it."""
    assert life.key_at_end == "PendingDeletion"
    assert DELETION_WINDOW_DAYS == 30
