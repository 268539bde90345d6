"""A part of the benchmarks, measured again, keeps the rows of the others."""

from __future__ import annotations

from tools.bench import BENCHMARKS, Result, page

FIRST, SECOND, *_ = BENCHMARKS


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| ") and "`" in line]


def test_rows_that_were_not_measured_stay() -> None:
    before = page([Result(benchmark=each, seconds=(1.0,)) for each in (FIRST, SECOND)])
    after = page([Result(benchmark=SECOND, seconds=(2.0,))], before=before)
    assert rows(after)[0] == rows(before)[0]
    assert "| 2.00 |" in rows(after)[1]
    assert len(rows(after)) == 2


def test_a_row_of_another_command_goes() -> None:
    before = page([Result(benchmark=FIRST, seconds=(1.0,))]).replace(FIRST.command, "make something-else")
    assert rows(page([Result(benchmark=SECOND, seconds=(2.0,))], before=before)) == [
        Result(benchmark=SECOND, seconds=(2.0,)).row()
    ]
