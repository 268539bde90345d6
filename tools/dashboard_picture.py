"""Draw the dashboard from a running Prometheus as a picture.

    python -m tools.dashboard_picture http://localhost:9090 --stack dev --minutes 20 --out docs/dashboard.png

It asks the panels' own queries over the last minutes and draws the answers; chromium makes the picture. What is drawn
is the list of panels with real data, not Grafana's own page.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

from config.sources import load_stack_file
from machine.hardware import hardware
from monitoring.alarms import Alarm, metric_alarms
from monitoring.facts import Facts
from monitoring.limits import limits
from monitoring.lines import Prices
from monitoring.panels import SECTIONS, Panel
from monitoring.promql import job_name
from monitoring.queries import Asked, promql
from sizing.prepare import prepare
from tools.charts import HEIGHT, LIMIT, WIDTH, Curve, Mark, Point, Span, chart

POINTS = 240
WINDOW = "1m"
IN_A_ROW = 4
_GAP_PX = 10
_QUESTION_PX = 46
_HEAD_PX = 46
_BAR_PX = 22
_ALERTS_PX = 32


@dataclass(frozen=True, kw_only=True)
class Source:
    """A Prometheus and what is asked of it."""

    base: str
    span: Span
    step_s: float

    def curves(self, query: str) -> list[tuple[dict[str, str], list[Point]]]:
        """The labels and points of each series; OSError where nothing answers, ValueError where it refuses."""
        asked = {"query": query, "start": self.span.start, "end": self.span.end, "step": self.step_s}
        try:
            with urlopen(f"{self.base}/api/v1/query_range?{urlencode(asked)}", timeout=30) as answer:  # noqa: S310
                document = json.load(answer)
        except HTTPError as error:
            raise ValueError(f"{query}: {error.read().decode(errors='replace')}") from None
        return [
            (series["metric"], [(float(at), float(value)) for at, value in series["values"] if value != "NaN"])
            for series in document["data"]["result"]
        ]


def drawn(panel: Panel, *, source: Source, asked: Asked, alarms: list[Alarm]) -> str | None:
    """None where Prometheus knows nothing of it."""
    queries = [(line, text) for line in panel.lines if (text := promql(line, asked)) is not None]
    if not queries:
        return None
    curves = [
        Curve(label=line.label, points=next((points for _, points in source.curves(text)), []))
        for line, text in queries
    ]
    marks = [Mark(label=each.alarm, value=each.value) for each in limits([line for line, _ in queries], alarms)]
    return chart(title=panel.title, unit=panel.unit, curves=curves, marks=marks, span=source.span)


def ringing(source: Source, *, stack: str) -> list[str]:
    """A bar for each alert that rang, as HTML."""
    query = f'max by (alertname, severity) (ALERTS{{alertstate="firing",stack="{stack}"}})'
    bars = []
    per_second = 100 / (source.span.end - source.span.start)
    wide = source.step_s * per_second + 0.05
    for labels, points in source.curves(query):
        lefts = [(at - source.span.start) * per_second for at, _ in points]
        pieces = "".join(f'<i style="left:{left:.2f}%;width:{wide:.2f}%"></i>' for left in lefts)
        bars.append(f"<p><b>{escape(labels['alertname'])} ({escape(labels['severity'])})</b><span>{pieces}</span></p>")
    return bars


def page(source: Source, *, stack: str, asked: Asked, alarms: list[Alarm]) -> tuple[str, int]:
    """The HTML and its height in pixels."""
    bars = ringing(source, stack=stack)
    parts = [f"<h1>vLLM {escape(stack)}</h1>", '<div class="bars"><em>Alerts that ring</em>', *bars, "</div>"]
    height = _HEAD_PX + _ALERTS_PX + _BAR_PX * len(bars)
    for section in SECTIONS:
        charts = [
            svg
            for panel in section.panels
            if (svg := drawn(panel, source=source, asked=asked, alarms=alarms)) is not None
        ]
        if charts:
            parts += [f"<h2>{escape(section.question)}</h2>", '<div class="row">', *charts, "</div>"]
            height += _QUESTION_PX + -(-len(charts) // IN_A_ROW) * (HEIGHT + _GAP_PX) - _GAP_PX
    height += _GAP_PX
    return f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style>\n" + "\n".join(parts), height


_STYLE = f"""
body {{ background: #111217; color: #d8d9da; font: 14px DejaVu Sans, sans-serif; margin: 0 {_GAP_PX}px; }}
h1 {{ font-size: 20px; margin: 0; height: {_HEAD_PX}px; line-height: {_HEAD_PX}px; }}
h2 {{ font-size: 15px; margin: 0; height: {_QUESTION_PX}px; line-height: {_QUESTION_PX}px; }}
.row {{ display: flex; flex-wrap: wrap; gap: {_GAP_PX}px; }}
.bars {{ background: #181b1f; padding: 6px 12px; }}
.bars em {{ font-style: normal; font-weight: 600; font-size: 13px; }}
.bars p {{ display: flex; margin: 0; height: {_BAR_PX}px; align-items: center; font-size: 11px; }}
.bars b {{ width: 220px; font-weight: 400; }}
.bars span {{ position: relative; flex: 1; height: 12px; background: #22252b; }}
.bars i {{ position: absolute; top: 0; bottom: 0; background: {LIMIT}; }}
"""


def photograph(html: str, *, height: int, out: Path) -> None:
    """CalledProcessError where chromium fails."""
    width = IN_A_ROW * (WIDTH + _GAP_PX) + _GAP_PX
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(html, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--user-data-dir={folder}/profile"]
        size = [f"--window-size={width},{height}", f"--screenshot={out.absolute()}"]
        subprocess.run(["chromium", *options, *size, file.as_uri()], check=True, capture_output=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the dashboard of a stack from a running Prometheus.")
    parser.add_argument("prometheus", metavar="URL", help="such as http://localhost:9090")
    parser.add_argument("--stack", required=True, metavar="NAME", help="of Pulumi.NAME.yaml, scraped as job vllm-NAME")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--out", type=Path, required=True, metavar="PNG")
    args = parser.parse_args()
    if not args.prometheus.startswith(("http://", "https://")):
        parser.error(f"{args.prometheus} is not an http address, e.g. http://localhost:9090")
    root = Path()
    config, plan = prepare(load_stack_file(stack=args.stack, root=root), root=root, hardware=hardware)
    end, step = time.time(), args.minutes * 60 / POINTS
    source = Source(
        base=args.prometheus.rstrip("/"),
        span=Span(start=end - args.minutes * 60, end=end, gap=4 * step),
        step_s=step,
    )
    asked = Asked(hosts=f'job="{job_name(config.stack)}"', window=WINDOW, prices=Prices.of(plan))
    alarms = list(metric_alarms(stack=config.stack, facts=Facts.of(plan), thresholds=config.monitoring.thresholds))
    html, height = page(source, stack=config.stack, asked=asked, alarms=alarms)
    photograph(html, height=height, out=args.out)


if __name__ == "__main__":
    main()
