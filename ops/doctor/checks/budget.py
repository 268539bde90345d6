"""The budget against what the plan costs."""

from __future__ import annotations

from collections.abc import Iterator

from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, ok, skipped, warning


def _look(case: Case) -> Iterator[Finding]:
    cost, budget = case.plan.cost.monthly_usd, case.config.budget.monthly_usd
    costs = f"about {cost:.0f} USD a month, with as many replicas as always run"
    if budget is None:
        yield skipped(f"{costs}; no budget is set", fix=f"vllm:budget: {{monthlyUsd: {_round(cost)}}}")
    elif cost > budget:
        yield warning(
            f"{costs}, above budget.monthlyUsd {budget:g}",
            fix=f"python -m ops plan --stack {case.config.stack} shows each item; or monthlyUsd: {_round(cost)}",
        )
    else:
        yield ok(f"{costs}, within {budget:g}")
    if budget is not None and not case.config.monitoring.notify:
        yield warning("nobody is told when the budget is passed", fix="vllm:monitoring: {notify: [you@example.com]}")


def _round(usd: float) -> int:
    """With some room, to full tens."""
    return int(usd * 1.1 // 10 + 1) * 10


CHECK = Check(
    id="budget", asks="Is the plan's monthly cost within `budget.monthlyUsd`, and is somebody told?", look=_look
)
