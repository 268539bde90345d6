"""The table at the end of a test run: for each case of the hosts the promise, and what was seen."""

from __future__ import annotations

from pathlib import Path

import pytest


def show(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each promise and, below it, what was seen."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    mine = [
        report
        for report in reports
        if isinstance(report, pytest.TestReport) and "tests/e2e/host/" in report.nodeid and _tells(report)
    ]
    if not mine:
        return
    terminalreporter.section("hosts: what was promised, and what was seen")
    for report in sorted(mine, key=lambda report: report.nodeid):
        path, _, promise = report.nodeid.partition("::")
        case = Path(path).parent.name
        terminalreporter.line(f"{report.outcome:7} {case:18} {promise.removeprefix('test_').replace('_', ' ')}")
        for text in (value for name, value in report.user_properties if name == "seen"):
            terminalreporter.line(f"{'':27}{text}")


def _tells(report: pytest.TestReport) -> bool:
    return report.when == "call" or report.failed
