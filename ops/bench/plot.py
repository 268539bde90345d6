"""The curves of a benchmark as one SVG that needs nothing else: first token, time between tokens, throughput. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ops.bench.plan import Planned
from ops.bench.seen import Level, Measured
from sizing.estimate import Range

WIDTH, HEIGHT = 960, 330
CHART_W, TOP, BOTTOM = 320, 64, 282
LEFT, RIGHT = 54, 14
INK, SOFT, GRID, PLAN = "#1f2430", "#5b6474", "#e3e7ee", "#b45309"
COLOURS = ("#2563eb", "#0d9488", "#9333ea")
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, kw_only=True)
class Curve:
    label: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """``expected``: the plan's own range, as a band. ``limit``: a value that an alarm rings above."""

    title: str
    unit: str
    curves: Sequence[Curve]
    expected: Range | None = None
    limit: float | None = None


def plot(seen: Measured, planned: Planned, *, title: str) -> str:
    """Three charts over the levels; the plan's numbers are dashed, in another colour."""
    xs = [level.target for level in seen.levels]
    mark = planned.running if seen.kind == "concurrency" else None
    right = max([*xs, mark or 0.0]) * 1.05
    axis = "requests in flight" if seen.kind == "concurrency" else "requests sent per second"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="system-ui, DejaVu Sans, sans-serif" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(16, 24, title, size=13, colour=INK),
    ]
    for index, chart in enumerate(_charts(seen, planned)):
        parts.append(f'<g transform="translate({index * CHART_W},0)">')
        parts += _chart(chart, right=right, mark=mark, axis=axis)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _charts(seen: Measured, planned: Planned) -> list[Chart]:
    def curves(field: str) -> list[Curve]:
        return [_curve(seen.levels, field, name) for name in ("p50", "p95", "p99")]

    speed = Curve(label="measured", points=[(level.target, level.tokens_per_s) for level in seen.levels])
    return [
        Chart(title="first token", unit="s", curves=curves("first_token"), limit=planned.first_token_limit_s),
        Chart(title="between tokens", unit="s", curves=curves("between_tokens")),
        Chart(title="tokens per second", unit="", curves=[speed], expected=planned.tokens_per_s),
    ]


def _curve(levels: Sequence[Level], field: str, name: str) -> Curve:
    points = [(level.target, getattr(getattr(level, field), name)) for level in levels if getattr(level, field)]
    return Curve(label=name, points=points)


@dataclass(frozen=True, kw_only=True)
class Scale:
    right: float
    top: float

    def x(self, value: float) -> float:
        return LEFT + value / self.right * (CHART_W - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return BOTTOM - min(value / self.top, 1.0) * (BOTTOM - TOP)


def _chart(chart: Chart, *, right: float, mark: float | None, axis: str) -> list[str]:
    highest = max((value for curve in chart.curves for _, value in curve.points), default=0.0)
    # What the plan says is in sight where it does not flatten the curves.
    told = [value for value in (chart.limit, chart.expected and chart.expected.high) if value]
    ticks = _ticks(max([highest, *(value for value in told if value <= 3 * highest)]))
    scale = Scale(right=right, top=ticks[-1])
    parts = [_text(LEFT, 48, chart.title, size=12, colour=INK, weight=600)]
    for tick in ticks:
        parts.append(_line(LEFT, scale.y(tick), CHART_W - RIGHT, scale.y(tick), GRID))
        parts.append(_text(LEFT - 6, scale.y(tick) + 3, _shown(tick, chart.unit), size=9, anchor="end"))
    parts += [
        _text(scale.x(tick), BOTTOM + 14, f"{tick:g}", size=9, anchor="middle")
        for tick in _ticks(right)
        if tick <= right
    ]
    parts.append(_text((LEFT + CHART_W - RIGHT) / 2, BOTTOM + 30, axis, size=10, anchor="middle"))
    parts += _plan(chart, scale, mark=mark)
    for index, curve in enumerate(chart.curves):
        parts += _drawn(curve, COLOURS[index % len(COLOURS)], scale)
        if len(chart.curves) > 1:
            x = CHART_W - RIGHT - 44 * (len(chart.curves) - index)
            parts.append(f'<rect x="{x + 8}" y="42" width="10" height="3" fill="{COLOURS[index % len(COLOURS)]}"/>')
            parts.append(_text(x + 21, 48, curve.label, size=9))
    return parts


def _plan(chart: Chart, scale: Scale, *, mark: float | None) -> list[str]:
    parts = []
    if chart.expected is not None:
        top, bottom = scale.y(chart.expected.high), scale.y(chart.expected.low)
        parts.append(
            f'<rect x="{LEFT}" y="{top:.1f}" width="{CHART_W - LEFT - RIGHT}" height="{max(bottom - top, 1):.1f}" '
            f'fill="{PLAN}" opacity="0.12"/>'
        )
        if chart.expected.low <= scale.top:
            parts.append(_text(LEFT + 4, bottom - 4, "plan, all running", size=9, colour=PLAN))
    if chart.limit is not None and chart.limit <= scale.top:
        parts.append(_line(LEFT, scale.y(chart.limit), CHART_W - RIGHT, scale.y(chart.limit), PLAN, dashed=True))
        parts.append(_text(LEFT + 4, scale.y(chart.limit) - 4, "alarm on p95", size=9, colour=PLAN))
    if mark is not None:
        parts.append(_line(scale.x(mark), TOP, scale.x(mark), BOTTOM, PLAN, dashed=True))
        parts.append(_text(scale.x(mark) - 4, TOP + 8, f"plan: {mark:g}", size=9, colour=PLAN, anchor="end"))
    return parts


def _drawn(curve: Curve, colour: str, scale: Scale) -> list[str]:
    places = [(scale.x(x), scale.y(y)) for x, y in curve.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>' for x, y in places]
    return [f'<polyline fill="none" stroke="{colour}" stroke-width="1.8" points="{path}"/>', *dots]


def _ticks(highest: float) -> list[float]:
    """Round numbers from 0 to the first at or above ``highest``."""
    if highest <= 0:
        return [0.0, 1.0]
    raw = highest / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * next(each for each in STEPS if each * power >= raw * (1 - 1e-9))
    return [round(step * index, 12) for index in range(math.ceil(highest / step - 1e-9) + 1)]


def _shown(value: float, unit: str) -> str:
    if unit == "s" and 0 < value < 1:
        return f"{value * 1000:.4g} ms"
    return f"{value:.4g}{' ' + unit if unit else ''}"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{dash}/>'


def _text(
    x: float, y: float, text: str, *, size: int, colour: str = SOFT, anchor: str = "start", weight: int = 400
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(text)}</text>'
    )
