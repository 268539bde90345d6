"""The last words of a rehearsal, and its JSON."""

from __future__ import annotations

import io
from typing import Any

import pytest

from rehearsal.engine.rig import Missing
from rehearsal.narrate import Narrator
from rehearsal.report import Check, Report, document_of
from rehearsal.summary import summarize

BOOT = Missing(what="a booted host", how="the option --boot")


def check(name: str, *, passed: bool = True) -> Check:
    return Check(name=name, passed=passed, detail="as it should be" if passed else "2 left behind", seconds=1.5)


def report(stack: str, *checks: Check, **changes: Any) -> Report:
    fields: dict[str, Any] = {
        "stack": stack,
        "depth": "engine",
        "deeper": (BOOT,),
        "plan": {"cost": {"hourly_usd": 1.25, "monthly_usd": 912.5}},
        "resources": 77,
        "outputs": {},
        "inventory": (),
        "checks": checks,
        "left": (),
        "seconds": 90.0,
    }
    return Report(**(fields | changes))


DEV = report("dev", check("up"), check("destroy"))
PROD = report("prod", check("given"), check("up"), check("beside dev"), check("destroy"), left=("vol-1", "vol-2"))


def told(*reports: Report) -> str:
    file = io.StringIO()
    summarize(Narrator(file), reports)
    return file.getvalue()


def cells(text: str) -> dict[str, list[str]]:
    """Row label -> cells, of the lines that are a row of the table."""
    rows = (line.rstrip() for line in text.splitlines())
    return {line[:13].strip(): line[13:].split() for line in rows if line[:13].strip()}


def test_of_one_stack_its_checks_cost_and_depth_are_told() -> None:
    lines = told(DEV).splitlines()
    assert any(line.startswith("dev: rehearsed in 90 s") for line in lines)
    assert "ok     up: as it should be (1.5 s)" in lines
    assert "cost   1.2500 USD per hour, 912.50 USD per month" in lines
    assert lines[-1] == "       deeper needs a booted host: the option --boot"


def test_of_several_there_is_one_table_with_a_column_for_each() -> None:
    text = told(DEV, PROD)
    rows = cells(text)
    assert "dev, prod, side by side in one account: rehearsed in 90 s" in text
    assert rows["result"] == ["rehearsed", "rehearsed"]
    assert rows["USD per hour"] == ["1.2500", "1.2500"]
    assert rows["up"] == ["ok", "1.5", "s", "ok", "1.5", "s"]
    assert rows["beside dev"] == ["-", "ok", "1.5", "s"]
    assert rows["left"] == ["nothing", "vol-1"]
    assert list(rows).index("given") < list(rows).index("up") < list(rows).index("beside dev")


def test_a_failed_check_is_in_the_table_and_told_with_its_stack() -> None:
    failed = report("prod", check("up"), check("destroy", passed=False))
    text = told(DEV, failed)
    assert "side by side in one account: FAILED" in text
    assert cells(text)["destroy"] == ["ok", "1.5", "s", "FAILED", "1.5", "s"]
    assert "prod | FAILED destroy: 2 left behind (1.5 s)" in text.splitlines()


def test_json_of_one_stack_is_its_report() -> None:
    assert document_of([DEV]) == DEV.as_dict()


@pytest.mark.parametrize(("second", "passed"), [(PROD, True), (report("prod", check("up", passed=False)), False)])
def test_json_of_several_has_all_reports_and_whether_all_passed(second: Report, passed: bool) -> None:
    assert document_of([DEV, second]) == {"passed": passed, "stacks": [DEV.as_dict(), second.as_dict()]}
