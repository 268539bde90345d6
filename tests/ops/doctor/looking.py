"""One check by itself: what it finds, without ids."""

from __future__ import annotations

from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding


def look(check: Check, case: Case) -> list[Finding]:
    return list(check.look(case))


def only(check: Check, case: Case) -> Finding:
    (found,) = look(check, case)
    return found
