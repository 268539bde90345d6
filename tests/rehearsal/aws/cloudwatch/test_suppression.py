"""The six examples of "Suppressing composite alarm actions" (user guide): wait 2, extension 3 units of time."""

from __future__ import annotations

import pytest

from rehearsal.aws.cloudwatch.state import State
from rehearsal.aws.cloudwatch.suppression import Periods, Silence, advance

PERIODS = Periods(wait_s=2, extension_s=3)


def acts(composite: dict[int, State], suppressor: dict[int, State], *, until: int = 12) -> dict[int, State]:
    """When which actions happen; the arguments say from when on what is in which state."""
    state: State = "OK"
    silencer: State = "OK"
    silence = Silence(seen=state)
    happened: dict[int, State] = {}
    for now in range(until):
        state, silencer = composite.get(now, state), suppressor.get(now, silencer)
        silence, due = advance(silence, state=state, suppressor=silencer, periods=PERIODS, now_s=now)
        if due:
            happened[now] = state
    return happened


@pytest.mark.parametrize(
    ("composite", "suppressor", "happens"),
    [
        ({2: "ALARM"}, {}, {4: "ALARM"}),
        ({2: "ALARM"}, {3: "ALARM"}, {}),
        ({2: "ALARM", 3: "OK"}, {}, {5: "OK"}),
        ({2: "ALARM"}, {1: "ALARM"}, {}),
        ({2: "ALARM"}, {3: "ALARM", 6: "OK"}, {9: "ALARM"}),
        ({2: "ALARM", 7: "OK"}, {3: "ALARM", 6: "OK"}, {9: "OK"}),
    ],
)
def test_the_examples_of_the_user_guide(
    composite: dict[int, State], suppressor: dict[int, State], happens: dict[int, State]
) -> None:
    assert acts(composite, suppressor) == happens


def test_what_was_told_before_the_silence_is_not_told_again_after_it() -> None:
    assert acts({1: "ALARM"}, {5: "ALARM", 7: "OK"}, until=20) == {3: "ALARM"}


def test_an_end_within_the_silence_is_told_after_the_extension() -> None:
    assert acts({1: "ALARM", 6: "OK"}, {5: "ALARM", 7: "OK"}, until=20) == {3: "ALARM", 10: "OK"}
