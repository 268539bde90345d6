"""What PyTorch sets aside for a tensor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing.allocation import MIB, allocated


@pytest.mark.parametrize(
    ("mib", "expected"),
    [
        (224.0, 224.0),  # Llama-3.1-8B gate and up: a whole segment
        (259.0, 260.0),  # Qwen2-7B gate and up: 1 MiB is left, too little to split off
        (129.5, 130.0),
        (24.5, 24.5),  # 1.5 MiB are split off and stay free
        (0.5, 0.5),
        (5.0, 5.0),  # four in a segment of 20 MiB
        (6.5, 6.5 + 0.5 / 3),  # three, and half a MiB is left
    ],
)
def test_allocated(mib: float, expected: float) -> None:
    assert allocated(mib * MIB) / MIB == pytest.approx(expected)


@given(st.floats(1, 2**40))
def test_never_less_than_asked_and_never_more_than_a_mib_above(size: float) -> None:
    assert size <= allocated(size) <= size + MIB + 512
