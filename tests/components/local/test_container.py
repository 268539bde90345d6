"""Values in the form in which the Docker provider reads them back: any other is a change at every `up`."""

from __future__ import annotations

import pytest

from components.local.container import common, duration
from machine.names import Names


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (10, "10s"),
        (60, "1m0s"),
        (90, "1m30s"),
        (3600, "1h0m0s"),
        (3725, "1h2m5s"),
        (90_000, "25h0m0s"),
    ],
)
def test_a_duration_is_written_as_go_writes_it(seconds: int, text: str) -> None:
    """time.Duration.String, https://pkg.go.dev/time#Duration.String"""
    assert duration(seconds) == text


def test_log_options_are_texts() -> None:
    assert all(isinstance(value, str) for value in common(Names("local"))["log_opts"].values())
