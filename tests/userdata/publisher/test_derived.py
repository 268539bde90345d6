"""A stall is requests that run while nothing moves; a full cache matters while requests wait."""

from __future__ import annotations

import pytest

from tests.userdata.publisher.series import text
from userdata.files.publisher.derived import NAMES, Stall, cache_is_full_while_waiting, load_ratio
from userdata.files.publisher.exposition import Exposition, read


def seen(**values: float) -> Exposition:
    return read(text(**values), NAMES)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cache", "waiting", "full"), [(0.95, 1, True), (1, 9, True), (0.949, 9, False), (1, 0, False), (0, 0, False)]
)
def test_a_full_cache_matters_while_requests_wait(cache: float, waiting: float, full: bool) -> None:
    assert cache_is_full_while_waiting(seen(cache=cache, waiting=waiting)) is full


def test_a_server_without_the_series_says_nothing() -> None:
    assert cache_is_full_while_waiting(Exposition()) is None


@pytest.mark.parametrize(
    ("running", "waiting", "load"), [(0, 0, 0), (4, 0, 0.5), (8, 0, 1), (8, 12, 2.5), (0, 2, 0.25)]
)
def test_load_is_what_runs_and_waits_by_what_is_planned(running: int, waiting: int, load: float) -> None:
    assert load_ratio(seen(running=running, waiting=waiting), planned=8) == load


def test_a_server_without_one_of_the_series_has_no_load() -> None:
    assert load_ratio(Exposition(), planned=8) is None
    assert load_ratio(read("vllm:num_requests_running 3\n", NAMES), planned=8) is None


def test_a_stall_grows_while_nothing_moves() -> None:
    stall = Stall()
    assert [stall.seconds(seen(running=1, tokens=5), now_s) for now_s in (100, 115, 130)] == [0, 15, 30]


@pytest.mark.parametrize("work", [{"tokens": 6}, {"tokens": 5, "cache": 0.2}])
def test_work_ends_a_stall(work: dict[str, float]) -> None:
    stall = Stall()
    stall.seconds(seen(running=1, tokens=5), 100)
    assert stall.seconds(seen(running=1, **work), 115) == 0
    assert stall.seconds(seen(running=1, **work), 130) == 15


def test_an_idle_server_does_not_stall() -> None:
    stall = Stall()
    assert [stall.seconds(seen(tokens=5), now_s) for now_s in (100, 115, 130)] == [0, 0, 0]


def test_a_stall_does_not_begin_with_the_idle_time_before() -> None:
    stall = Stall()
    stall.seconds(seen(tokens=5), 100)
    assert stall.seconds(seen(running=1, tokens=5), 400) == 0
