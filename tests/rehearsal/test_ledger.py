"""Steps of a rehearsal: timed, told, and the first failure ends it."""

from __future__ import annotations

import pytest

from rehearsal.ledger import Ledger, StepFailedError
from rehearsal.report import Check


@pytest.fixture
def told() -> list[Check]:
    return []


@pytest.fixture
def ledger(told: list[Check]) -> Ledger:
    return Ledger(tell=told.append, failures=(LookupError,))


def test_a_step_that_passes_says_what_came_out(ledger: Ledger, told: list[Check]) -> None:
    with ledger.step("up") as outcome:
        outcome.detail = "77 created"
    assert [(check.name, check.passed, check.detail) for check in told] == [("up", True, "77 created")]
    assert ledger.checks == told


@pytest.mark.parametrize("error", [StepFailedError("2 left behind"), LookupError("2 left behind")])
def test_a_step_that_fails_says_what_came_instead_and_ends_the_rehearsal(
    ledger: Ledger, told: list[Check], error: Exception
) -> None:
    with pytest.raises(StepFailedError, match="destroy"), ledger.step("destroy"):
        raise error
    assert [(check.passed, check.detail) for check in told] == [(False, "2 left behind")]


def test_a_mistake_of_ours_is_not_taken_for_a_failed_step(ledger: Ledger, told: list[Check]) -> None:
    with pytest.raises(ZeroDivisionError), ledger.step("up"):
        raise ZeroDivisionError
    assert told == []


def test_of_the_engines_output_only_the_errors_are_repeated(ledger: Ledger, told: list[Check]) -> None:
    output = "code: 255\nstdout: Updating\n + vpc creating error: no such zone\n error: no such zone\nDuration: 3s"
    with pytest.raises(StepFailedError), ledger.step("up"):
        raise LookupError(output)
    assert told[0].detail == "error: no such zone"
