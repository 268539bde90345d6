"""The stack file: whether `pulumi up` would take it."""

from __future__ import annotations

from collections.abc import Iterator

from config import placeholders
from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, errors_of, ok


def _look(case: Case) -> Iterator[Finding]:
    if case.config.target == "aws":
        yield from errors_of(placeholders.refused(case.config))
    if not placeholders.left(case.config):
        plan = case.plan
        where = "this machine" if case.config.target == "local" else plan.instance_type
        low, high = plan.replicas.min, plan.replicas.max
        count = f"{low} to {high} replicas" if high > low else f"{low} replica{'' if low == 1 else 's'}"
        yield ok(f"{plan.model} on {where}, {count}")


CHECK = Check(
    id="stack-file",
    asks="Does it plan, and has every placeholder of the repository been replaced?",
    look=_look,
    targets=("aws", "local"),
)
