"""Metric math at one time."""

from __future__ import annotations

import pytest

from rehearsal.aws.cloudwatch.expression import Value, evaluate

N, TOTAL, NOTHING = 3.0, 4.0, None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("total / n", 4 / 3),
        ("IF(n > 1, total / (n - 1), 1)", 2.0),
        ("IF(n > 3, total / (n - 1), 1)", 1.0),
        ("nothing + n", None),
        ("FILL(nothing, 0) + n", 3.0),
        ("FILL(n, 0)", 3.0),
        ("n > 2 AND total >= 4", 1.0),
        ("(n > 5) OR (total == 4)", 1.0),
        ("n > 5 || total < 4", 0.0),
        ("n > 2 && FILL(nothing, 0) < 1", 1.0),
        ("IF(FILL(nothing, 0) < 1, n, 0)", 3.0),
        ("-n", -3.0),
        ("n / 0", None),
    ],
)
def test_values(expression: str, expected: Value) -> None:
    assert evaluate(expression, {"n": N, "total": TOTAL, "nothing": NOTHING}) == expected


@pytest.mark.parametrize("expression", ["RATE(n)", "m", "n >", "METRICS()", "n[0]"])
def test_what_it_does_not_know_is_an_error(expression: str) -> None:
    with pytest.raises(ValueError, match="no metric math that the emulator knows"):
        evaluate(expression, {"n": N})
