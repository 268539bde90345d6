"""Statistics of values that were put with counts."""

from __future__ import annotations

import random

import pytest

from rehearsal.aws.cloudwatch.data import of_statistics, of_values, percentile_share, statistic


@pytest.mark.parametrize(
    ("name", "value"),
    [("SampleCount", 10), ("Sum", 42), ("Average", 4.2), ("Minimum", 1), ("Maximum", 30), ("p60", 1), ("p90", 2)],
)
def test_of_values_with_counts(name: str, value: float) -> None:
    put = [of_values(0, [1.0, 30.0], [6.0, 1.0]), of_values(5, [2.0], [3.0])]
    assert statistic(put, name) == pytest.approx(value)


def test_a_percentile_is_what_it_is_of_the_values_one_by_one() -> None:
    values = random.Random(1).choices([0.01, 0.05, 0.1, 0.5, 1.0, 2.5], weights=[9, 5, 4, 3, 2, 1], k=997)
    counts = {value: float(values.count(value)) for value in values}
    nearest_rank = sorted(values)[-(-95 * len(values) // 100) - 1]
    assert statistic([of_values(0, list(counts), list(counts.values()))], "p95") == nearest_rank


def test_a_count_of_zero_is_no_value() -> None:
    assert statistic([of_values(0, [1.0, 9.0], [4.0, 0.0])], "p100") == 1.0


def test_sums_have_a_percentile_only_where_all_values_are_the_same() -> None:
    same = of_statistics(0, count=3, total=6, least=2, most=2)
    spread = of_statistics(0, count=3, total=6, least=1, most=3)
    assert statistic([same], "p95") == 2
    assert statistic([spread], "p95") is None
    assert statistic([spread], "Maximum") == 3


def test_nothing_has_no_statistic() -> None:
    assert statistic([], "Sum") is None
    assert statistic([], "p95") is None


def test_what_the_emulator_does_not_know_is_said() -> None:
    with pytest.raises(ValueError, match="TM"):
        statistic([of_values(0, [1.0], [1.0])], "TM(10%:90%)")


def test_percentiles_are_recognised() -> None:
    assert percentile_share("p99.9") == pytest.approx(0.999)
    assert percentile_share("p100") == 1
    assert percentile_share("Sum") is None
