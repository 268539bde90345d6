"""Pulumi: whether it is there and logged in, and what it knows of the stack."""

from __future__ import annotations

from collections.abc import Iterator

from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.examine import PULUMI
from ops.doctor.model import Finding, ok


def _look(case: Case) -> Iterator[Finding]:
    outputs = case.deployed.outputs
    yield ok(f"the stack is deployed, with {len(outputs)} outputs" if outputs else "nothing is deployed yet")


CHECK = Check(
    id=PULUMI,
    asks="Is the CLI there, logged in to a backend that answers, and able to read the stack?",
    look=_look,
    targets=("aws", "local"),
)
