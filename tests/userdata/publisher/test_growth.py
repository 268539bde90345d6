"""Counters grow by what happened: never less than nothing, nothing twice."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userdata.files.publisher.exposition import Sample
from userdata.files.publisher.growth import Growth, growth_of


def at(**values: float) -> list[Sample]:
    return [Sample(name=name, labels="", value=value) for name, value in values.items()]


def grown(growth: Growth, samples: Iterable[Sample], *, start: float = 0) -> dict[str, float]:
    return {sample.name: delta for sample, delta in growth.of(samples, start=start)}


def test_a_counter_grows_by_the_difference() -> None:
    growth = Growth()
    assert grown(growth, at(a=5)) == {"a": 5}
    assert grown(growth, at(a=7, b=2)) == {"a": 2, "b": 2}
    assert grown(growth, at(a=7, b=2)) == {"a": 0, "b": 0}


def test_a_counter_that_fell_began_anew() -> None:
    growth = Growth()
    growth.of(at(a=5))
    assert grown(growth, at(a=2)) == {"a": 2}


def test_with_one_counter_all_of_the_process_began_anew() -> None:
    growth = Growth()
    growth.of(at(a=5, b=1))
    assert grown(growth, at(a=2, b=3)) == {"a": 2, "b": 3}


def test_a_restart_is_seen_where_no_counter_fell() -> None:
    growth = Growth()
    growth.of(at(a=5), start=1000)
    assert grown(growth, at(a=6), start=2000) == {"a": 6}


def test_a_series_that_one_answer_lacks_is_not_new_in_the_next() -> None:
    growth = Growth()
    growth.of(at(a=5, b=3))
    growth.of(at(b=3))
    assert grown(growth, at(a=6, b=3)) == {"a": 1, "b": 0}


def test_the_blind_only_remember_at_first() -> None:
    growth = Growth(blind=True)
    assert grown(growth, at(a=5)) == {"a": 0}
    assert grown(growth, at(a=6)) == {"a": 1}


def test_what_is_remembered_outlives_the_publisher() -> None:
    growth = Growth()
    growth.of(at(a=5), start=1000)
    assert grown(growth_of(growth.state()), at(a=6), start=1000) == {"a": 1}


@pytest.mark.parametrize("state", [None, [], {}, {"start": 0}, {"start": "x", "seen": {}}, {"start": 0, "seen": [1]}])
def test_a_state_of_another_form_is_refused(state: object) -> None:
    with pytest.raises(ValueError, match=r"state|convert"):
        growth_of(state)


@given(lives=st.lists(st.lists(st.integers(0, 9), min_size=1), min_size=1))
def test_what_is_seen_over_any_restarts_is_what_happened(lives: list[list[int]]) -> None:
    growth, seen, happened = Growth(), 0.0, 0
    for number, increments in enumerate(lives):
        value = 0
        for increment in increments:
            value += increment
            happened += increment
            (delta,) = grown(growth, at(a=value), start=1000 + number).values()
            assert delta >= 0
            seen += delta
    assert seen == happened
