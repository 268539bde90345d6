"""The tables of "Configuring how CloudWatch alarms treat missing data" (user guide), and what they leave out.

The newest data point is on the right: 0 does not breach, X does, - is missing. The range is 5 for 3 evaluation periods.
"""

from __future__ import annotations

from typing import get_args

import pytest

from rehearsal.aws.cloudwatch.data import Datum, of_values
from rehearsal.aws.cloudwatch.state import AlarmRule, Missing, State, Verdict, breaches, state_of

NOW_S = 1_800_000_000.0 // 60 * 60
KEPT: State = "INSUFFICIENT_DATA"
TREATMENTS: tuple[Missing, ...] = ("missing", "ignore", "breaching", "notBreaching")


def alarm(*, periods: int = 3, needed: int = 3, missing: Missing = "missing", state: State = KEPT) -> AlarmRule:
    return AlarmRule(
        statistic="Maximum",
        comparison="GreaterThanThreshold",
        threshold=10,
        period_s=60,
        evaluation_periods=periods,
        datapoints_to_alarm=needed,
        missing=missing,
        state=state,
    )


def data(drawn: str) -> list[Datum]:
    points = drawn.split()
    return [
        of_values(NOW_S - (len(points) - place) * 60 + 1, [11.0 if sign == "X" else 0.0], [1.0])
        for place, sign in enumerate(points)
        if sign != "-"
    ]


def judged(rule: AlarmRule, drawn: str) -> Verdict:
    return state_of(rule, data(drawn), NOW_S)


@pytest.mark.parametrize(
    ("drawn", "states"),
    [
        ("0 - X - X", ("OK", "OK", "OK", "OK")),
        ("0 - - - -", ("OK", "OK", "OK", "OK")),
        ("- - - - -", ("INSUFFICIENT_DATA", KEPT, "ALARM", "OK")),
        ("0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("- - X - -", ("ALARM", KEPT, "ALARM", "OK")),
    ],
)
def test_three_of_three(drawn: str, states: tuple[State, ...]) -> None:
    assert tuple(judged(alarm(missing=each), drawn).state for each in TREATMENTS) == states


@pytest.mark.parametrize(
    ("drawn", "states"),
    [
        ("0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 - X - -", ("OK", "OK", "ALARM", "OK")),
        ("- - - - 0", ("OK", "OK", "ALARM", "OK")),
        ("- - - X -", ("ALARM", KEPT, "ALARM", "OK")),
    ],
)
def test_two_of_three(drawn: str, states: tuple[State, ...]) -> None:
    assert tuple(judged(alarm(needed=2, missing=each), drawn).state for each in TREATMENTS) == states


@pytest.mark.parametrize("drawn", ["- - - - X", "- - - X -", "- - - X 0", "- - X - 0"])
def test_an_alarm_does_not_ring_before_its_time(drawn: str) -> None:
    assert judged(alarm(), drawn).state == "OK"


def test_ignored_gaps_keep_whichever_state_there_is() -> None:
    for state in get_args(State):
        assert judged(alarm(missing="ignore", state=state), "- - - - -").state == state


def test_one_period_goes_by_the_last_point_there_is_until_it_leaves_the_range() -> None:
    rule = alarm(periods=1, needed=1, missing="notBreaching")
    assert judged(rule, "- - X").state == "ALARM"
    assert judged(rule, "X - -").state == "ALARM"
    assert judged(rule, "X - - -").state == "OK"


def test_a_period_counts_once_it_is_over() -> None:
    rule = alarm(periods=1, needed=1, missing="notBreaching")
    put = [of_values(NOW_S + 5, [11.0], [1.0])]
    assert state_of(rule, put, NOW_S + 59).state == "OK"
    assert state_of(rule, put, NOW_S + 60).state == "ALARM"


def test_long_periods_end_with_the_last_whole_minute() -> None:
    rule = AlarmRule(
        statistic="Sum",
        comparison="GreaterThanThreshold",
        threshold=10,
        period_s=300,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing="notBreaching",
    )
    put = [of_values(NOW_S - ago_s, [6.0], [1.0]) for ago_s in (299, 1)]
    assert state_of(rule, put, NOW_S + 30).state == "ALARM"
    later = state_of(rule, put, NOW_S + 61)
    assert later.points[:2] == (6.0, 6.0)
    assert later.state == "OK"


@pytest.mark.parametrize(
    ("comparison", "bad"),
    [
        ("GreaterThanThreshold", {11}),
        ("GreaterThanOrEqualToThreshold", {10, 11}),
        ("LessThanThreshold", {9}),
        ("LessThanOrEqualToThreshold", {9, 10}),
    ],
)
def test_comparisons(comparison: str, bad: set[int]) -> None:
    rule = AlarmRule(
        statistic="Sum",
        comparison=comparison,
        threshold=10,
        period_s=60,
        evaluation_periods=1,
        datapoints_to_alarm=1,
    )
    assert {value for value in (9, 10, 11) if breaches(rule, value)} == bad


def test_too_few_samples_keep_the_state_only_where_the_alarm_says_so() -> None:
    def rule(low_samples: str) -> AlarmRule:
        return AlarmRule(
            statistic="p95",
            comparison="GreaterThanThreshold",
            threshold=1,
            period_s=60,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            low_samples="ignore" if low_samples == "ignore" else "evaluate",
            state="OK",
        )

    few = [of_values(NOW_S - 30, [5.0], [199.0])]
    enough = [of_values(NOW_S - 30, [5.0], [200.0])]
    assert state_of(rule("ignore"), few, NOW_S).state == "OK"
    assert state_of(rule("ignore"), enough, NOW_S).state == "ALARM"
    assert state_of(rule("evaluate"), few, NOW_S).state == "ALARM"


def test_the_reason_has_the_numbers() -> None:
    reason = judged(alarm(periods=1, needed=1), "X").reason
    assert "11" in reason
    assert "GreaterThanThreshold 10" in reason
