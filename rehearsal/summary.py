"""What comes last: of one stack its checks again, of several one table with a column for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from rehearsal.narrate import Narrator
from rehearsal.report import Check, Report


def summarize(narrator: Narrator, reports: Sequence[Report]) -> None:
    if len(reports) == 1:
        _of_one(narrator, reports[0])
    else:
        _of_several(narrator, reports)
    for tool in reports[0].deeper:
        narrator.line(f"       deeper needs {tool.what}: {tool.how}")


def _of_one(narrator: Narrator, report: Report) -> None:
    narrator.heading(f"{report.stack}: {_verdict(report)} in {report.seconds:.0f} s")
    for check in report.checks:
        narrator.check(check)
    cost = report.plan["cost"]
    narrator.line(f"cost   {cost['hourly_usd']:.4f} USD per hour, {cost['monthly_usd']:,.2f} USD per month")
    narrator.line(f"depth  {report.depth}")


def _of_several(narrator: Narrator, reports: Sequence[Report]) -> None:
    verdict = "FAILED" if any(not report.passed for report in reports) else "rehearsed"
    names = ", ".join(report.stack for report in reports)
    narrator.heading(f"{names}, side by side in one account: {verdict} in {reports[0].seconds:.0f} s")
    table = Table(box=None, pad_edge=False)
    for title in ("", *(report.stack for report in reports)):
        table.add_column(title, overflow="fold")
    for label, *cells in _rows(reports):
        table.add_row(Text(label, style="dim"), *cells)
    narrator.print(table)
    for report in reports:
        for check in report.checks:
            if not check.passed:
                narrator.of(report.stack).check(check)


def _rows(reports: Sequence[Report]) -> Iterator[tuple[str, *tuple[Text, ...]]]:
    yield "result", *(Text(_verdict(report)) for report in reports)
    yield "depth", *(Text(report.depth) for report in reports)
    yield "resources", *(Text(str(report.resources)) for report in reports)
    yield "USD per hour", *(Text(f"{report.plan['cost']['hourly_usd']:.4f}") for report in reports)
    yield "USD per month", *(Text(f"{report.plan['cost']['monthly_usd']:,.2f}") for report in reports)
    longest_first = sorted(reports, key=lambda report: len(report.checks), reverse=True)
    for name in dict.fromkeys(check.name for report in longest_first for check in report.checks):
        yield name, *(_cell(report.checks, name) for report in reports)
    yield "left", *(Text("\n".join(report.left) or "nothing") for report in reports)


def _cell(checks: Sequence[Check], name: str) -> Text:
    check = next((check for check in checks if check.name == name), None)
    if check is None:
        return Text("-", style="dim")
    mark = Text("ok", style="green") if check.passed else Text("FAILED", style="bold red")
    return Text.assemble(mark, f" {check.seconds:.1f} s")


def _verdict(report: Report) -> str:
    return "rehearsed" if report.passed else "FAILED"
