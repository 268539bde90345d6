"""The generated stack files themselves: enough of them, different enough, and planned as they ask."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations

import pytest

from tests.program.cases import ROOT
from tests.shapes.shapes import (
    EXPOSURES,
    MODELS,
    NAME_LENGTH,
    NETWORKS,
    REGIONS,
    REPLICAS,
    SHAPES,
    Shape,
    all_combinations,
    pairs,
)

AXES = (tuple(MODELS), REGIONS, tuple(NETWORKS), tuple(EXPOSURES), tuple(str(count) for count in REPLICAS))


def test_there_are_at_least_twenty() -> None:
    assert len(SHAPES) >= 20
    assert len({shape.stack for shape in SHAPES}) == len(SHAPES)
    assert len({shape.text() for shape in SHAPES}) == len(SHAPES)


def test_every_value_of_every_axis_is_there() -> None:
    for axis, values in enumerate(AXES):
        assert {shape.values[axis] for shape in SHAPES} == set(values)


@pytest.mark.parametrize(("one", "other"), list(combinations(range(len(AXES)), 2)))
def test_every_possible_pair_of_values_is_there(one: int, other: int) -> None:
    def shown(values: tuple[str, ...]) -> tuple[str, str]:
        return values[one], values[other]

    assert {shown(shape.values) for shape in SHAPES} == {shown(values) for values in all_combinations()}


def test_none_is_there_for_nothing() -> None:
    """Each brings a pair that those before it do not have."""
    seen: set[tuple[int, str, int, str]] = set()
    for shape in SHAPES:
        assert pairs(shape.values) - seen
        seen |= pairs(shape.values)


def test_they_are_the_same_in_every_process() -> None:
    program = "from tests.shapes.shapes import SHAPES; print([shape.text() for shape in SHAPES])"
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "01"
    }
    assert texts == {f"{[shape.text() for shape in SHAPES]}\n"}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.stack)
def test_their_names_are_as_long_as_names_may_be(shape: Shape) -> None:
    assert len(shape.stack) == NAME_LENGTH == 40
