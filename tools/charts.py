"""Curves as SVG, in the manner of Grafana's charts. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from monitoring.panels import Unit

WIDTH, HEIGHT = 400, 250
COLOURS = ("#73bf69", "#f2cc0c", "#5794f2", "#ff780a", "#b877d9", "#f2495c")
LIMIT = "#e02f44"
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 34, 20
_LEGEND_ROW = 14
_ROWS_OF_AXIS = 4
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_LIMIT_IN_SIGHT = 3.0  # times the highest point: a limit further away would flatten the curves
_SUFFIXES: Mapping[Unit, str] = {"seconds": " s", "celsius": " °C", "days": " d"}

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """``points``: seconds and values, in order; none where there was no data."""

    label: str
    points: Sequence[Point]


@dataclass(frozen=True, kw_only=True)
class Mark:
    label: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Span:
    """The time shown, in seconds of the epoch; points further apart than ``gap`` are not joined."""

    start: float
    end: float
    gap: float


def chart(*, title: str, unit: Unit, curves: Sequence[Curve], marks: Sequence[Mark], span: Span) -> str:
    """One chart of ``WIDTH`` by ``HEIGHT``; its legend has every curve, also one without a point."""
    rows = _legend_rows([curve.label for curve in curves])
    bottom = HEIGHT - _BOTTOM - _LEGEND_ROW * len(rows)
    values = [value for curve in curves for _, value in curve.points]
    seen = [mark for mark in marks if mark.value <= _LIMIT_IN_SIGHT * max(values, default=0.0)]
    ticks = [0.0, 0.5, 1.0] if unit == "ratio" else axis(max([*values, *(mark.value for mark in seen)], default=1.0))
    scale = Scale(span=span, top=ticks[-1], bottom_px=bottom)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="3" fill="#181b1f"/>',
        _text(12, 20, title, size=13, colour="#d8d9da", weight=600),
        *(_tick(tick, unit, scale) for tick in ticks),
        *_times(scale),
    ]
    if not values:
        parts.append(_text(WIDTH // 2, (bottom + _TOP) // 2, "no data", size=13, colour="#7b8087", anchor="middle"))
    parts += _limits(seen, scale)
    parts += [_curve(curve, COLOURS[index % len(COLOURS)], scale) for index, curve in enumerate(curves)]
    return "\n".join([*parts, *_legend(rows, [curve.label for curve in curves], top=bottom + _BOTTOM), "</svg>"])


@dataclass(frozen=True, kw_only=True)
class Scale:
    """From seconds and values to pixels."""

    span: Span
    top: float
    bottom_px: int

    def x(self, seconds: float) -> float:
        share = (seconds - self.span.start) / (self.span.end - self.span.start)
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return self.bottom_px - min(value / self.top, 1.0) * (self.bottom_px - _TOP)


def axis(highest: float) -> list[float]:
    """Round numbers from 0 to the first at or above ``highest``."""
    if highest <= 0:
        return [0.0, 1.0]
    raw = highest / _ROWS_OF_AXIS
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * next(each for each in _STEPS if each * power >= raw * (1 - 1e-9))
    return [round(step * index, 12) for index in range(math.ceil(highest / step - 1e-9) + 1)]


def number(value: float, unit: Unit) -> str:
    """As an axis has it: ``250 ms``, ``1.5 k``, ``40 %``."""
    if unit == "ratio":
        return f"{value * 100:g} %"
    if unit == "usd":
        return f"${value:.6g}"
    if unit == "seconds" and 0 < value < 1:
        return f"{value * 1000:.4g} ms"
    short = f"{value / 1000:.4g} k" if value >= 1000 else f"{value:.4g}"
    return short + _SUFFIXES.get(unit, "")


def _curve(curve: Curve, colour: str, scale: Scale) -> str:
    pieces: list[list[Point]] = []
    for point in curve.points:
        if pieces and point[0] - pieces[-1][-1][0] <= scale.span.gap:
            pieces[-1].append(point)
        else:
            pieces.append([point])
    return "\n".join(
        f'<polyline fill="none" stroke="{colour}" stroke-width="1.6" points="{_path(piece, scale)}"/>'
        for piece in pieces
    )


def _path(points: Sequence[Point], scale: Scale) -> str:
    return " ".join(f"{scale.x(seconds):.1f},{scale.y(value):.1f}" for seconds, value in points)


def _tick(value: float, unit: Unit, scale: Scale) -> str:
    y = scale.y(value)
    return _across(y, 'stroke="#2c3235"') + _text(
        _LEFT - 6, int(y) + 4, number(value, unit), size=10, colour="#9fa7b3", anchor="end"
    )


def _limits(marks: Sequence[Mark], scale: Scale) -> list[str]:
    """A line for each; those close together have their names in one text above the highest."""
    parts: list[str] = []
    named: list[tuple[float, list[str]]] = []
    for mark in sorted(marks, key=lambda mark: -mark.value):
        y = scale.y(mark.value)
        parts.append(_across(y, f'stroke="{LIMIT}" stroke-dasharray="5 4"'))
        if named and y - named[-1][0] < _LEGEND_ROW:
            named[-1][1].append(mark.label)
        else:
            named.append((y, [mark.label]))
    texts = [(int(y) - 3, ", ".join(labels)) for y, labels in named]
    return parts + [_text(WIDTH - _RIGHT - 2, y, text, size=9, colour=LIMIT, anchor="end") for y, text in texts]


def _across(y: float, stroke: str) -> str:
    return f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" {stroke}/>'


def _times(scale: Scale) -> list[str]:
    """Minutes since the start, which is all that a picture needs."""
    minutes = (scale.span.end - scale.span.start) / 60
    return [
        _text(
            int(scale.x(scale.span.start + tick * 60)),
            scale.bottom_px + 14,
            f"{tick:g} min",
            size=10,
            colour="#9fa7b3",
            anchor="middle",
        )
        for tick in axis(minutes)[1:]
        if tick < minutes
    ]


def _legend_rows(labels: Sequence[str]) -> list[list[int]]:
    """Which curves stand in which row of the legend."""
    rows: list[list[int]] = []
    room = 0
    for index, label in enumerate(labels):
        wide = _legend_width(label)
        if not rows or wide > room:
            rows.append([])
            room = WIDTH - 24
        rows[-1].append(index)
        room -= wide
    return rows


def _legend_width(label: str) -> int:
    return 26 + round(6.0 * len(label))


def _legend(rows: Sequence[Sequence[int]], labels: Sequence[str], *, top: int) -> list[str]:
    parts = []
    for row, indexes in enumerate(rows):
        x, y = 12, top + row * _LEGEND_ROW + 10
        for index in indexes:
            parts.append(f'<rect x="{x}" y="{y - 5}" width="10" height="3" fill="{COLOURS[index % len(COLOURS)]}"/>')
            parts.append(_text(x + 14, y, labels[index], size=10, colour="#c7d0d9"))
            x += _legend_width(labels[index])
    return parts


def _text(x: int, y: int, text: str, *, size: int, colour: str, anchor: str = "start", weight: int = 400) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{colour}" '
        f'font-family="DejaVu Sans, sans-serif">{escape(text)}</text>'
    )
