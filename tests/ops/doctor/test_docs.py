"""docs/doctor.md has every check, and every AWS call that one makes."""

from __future__ import annotations

import json
import re

from ops.doctor.check import Check
from ops.doctor.checks import AFTER_UP, BEFORE_UP, CHECKS
from tests.docs.readme import ROOT
from tests.ops.doctor.clinic import Clinic

PAGE = (ROOT / "docs/doctor.md").read_text()
IAM = {"monitoring": "cloudwatch"}
"""Signing names that IAM calls otherwise."""


def row(check: Check) -> str:
    return f"| `{check.id}` | {check.asks} |"


def test_every_check_has_its_row_in_the_order_in_which_it_is_shown() -> None:
    assert re.findall(r"^\| `.*", PAGE, flags=re.MULTILINE) == [row(check) for check in (*BEFORE_UP, *AFTER_UP)]


def test_the_role_that_it_shows_may_do_just_what_checks_do() -> None:
    (block,) = re.findall(r"^```json\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    (statement,) = json.loads(block)["Statement"]
    assert statement["Action"] == sorted({call for check in CHECKS for call in check.calls})


def test_nothing_else_is_called(clinic: Clinic) -> None:
    clinic.deploy()
    clinic.serve()
    before = len(clinic.cloud.aws.calls)
    clinic.findings(status=0)
    called = {f"{IAM.get(call.service, call.service)}:{call.action}" for call in clinic.cloud.aws.calls[before:]}
    assert called <= {call for check in CHECKS for call in check.calls}
