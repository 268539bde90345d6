"""Charts as SVG: every curve, round numbers, gaps as gaps."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.charts import HEIGHT, WIDTH, Curve, Mark, Span, axis, chart, number

SPAN = Span(start=0, end=600, gap=30)
NAMESPACE = "{http://www.w3.org/2000/svg}"


def drawn(*curves: Curve, marks: tuple[Mark, ...] = ()) -> ElementTree.Element:
    return ElementTree.fromstring(chart(title="A < B", unit="seconds", curves=curves, marks=marks, span=SPAN))


def lines(picture: ElementTree.Element) -> list[list[tuple[float, float]]]:
    return [
        [(float(x), float(y)) for x, y in (pair.split(",") for pair in each.attrib["points"].split())]
        for each in picture.iter(f"{NAMESPACE}polyline")
    ]


def texts(picture: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in picture.iter(f"{NAMESPACE}text")]


def test_every_curve_is_drawn_within_the_chart_and_named() -> None:
    picture = drawn(Curve(label="p50", points=[(0, 1), (15, 2)]), Curve(label="p95", points=[(0, 3), (15, 4)]))
    assert len(lines(picture)) == 2
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for line in lines(picture) for x, y in line)
    assert {"A < B", "p50", "p95"} <= set(texts(picture))


def test_where_there_was_no_data_nothing_is_drawn() -> None:
    picture = drawn(Curve(label="p50", points=[(0, 1), (15, 2), (300, 1), (315, 1)]))
    assert [len(line) for line in lines(picture)] == [2, 2]
    assert "no data" in texts(drawn(Curve(label="p50", points=[])))


def test_a_limit_in_sight_is_drawn_with_its_name_and_one_far_above_is_not() -> None:
    curve = Curve(label="p95", points=[(0, 1), (15, 2)])
    assert "slow" in texts(drawn(curve, marks=(Mark(label="slow", value=4),)))
    assert "slow" not in texts(drawn(curve, marks=(Mark(label="slow", value=400),)))


def test_names_of_limits_do_not_cover_each_other() -> None:
    marks = (Mark(label="a", value=3.9), Mark(label="b", value=4), Mark(label="c", value=1))
    shown = texts(drawn(Curve(label="p95", points=[(0, 1), (15, 2)]), marks=marks))
    assert {"b, a", "c"} <= set(shown)


@given(st.floats(min_value=1e-9, max_value=1e12))
def test_an_axis_has_few_round_numbers_and_room_for_all(highest: float) -> None:
    ticks = axis(highest)
    assert ticks[0] == 0
    assert ticks[-1] >= highest * (1 - 1e-6)
    assert 2 <= len(ticks) <= 6
    mantissa = float(f"{ticks[1]:.6e}".partition("e")[0])
    assert mantissa in (1.0, 2.0, 2.5, 5.0)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.25, "seconds", "250 ms"),
        (2.5, "seconds", "2.5 s"),
        (0, "seconds", "0 s"),
        (1500, "per second", "1.5 k"),
        (0.4, "ratio", "40 %"),
        (1.25, "usd", "$1.25"),
        (85, "celsius", "85 °C"),
    ],
)
def test_numbers_are_as_people_write_them(value: float, unit: str, text: str) -> None:
    assert number(value, unit) == text  # type: ignore[arg-type]
