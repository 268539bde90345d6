"""What the plan costs is within what the stack file allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

from policies.model import STACK_TYPE, Deployment, Finding, Rule, found, number

BUDGET = "aws:budgets/budget:Budget"
OVER = "over-budget"
"""The finding of the plan, where no resource says the limit."""


def check(deployment: Deployment) -> Iterator[Finding]:
    limits = [
        number(budget.inputs.get("limitAmount"), inf)
        for budget in deployment.of_type(BUDGET)
        if _is_monthly(budget.inputs)
    ]
    for stack in deployment.of_type(STACK_TYPE):
        plan = stack.outputs.get("plan")
        if not isinstance(plan, Mapping):
            continue
        monthly = plan["cost"]["monthly_usd"]
        if any(monthly > limit for limit in limits):
            yield found(stack, f"about {monthly:.0f} USD a month, and the budget is {min(limits):.0f}")
        elif said := [entry["message"] for entry in plan["findings"] if entry["id"] == OVER]:
            yield found(stack, str(said[0]))


def _is_monthly(inputs: Mapping[str, Any]) -> bool:
    return inputs.get("timeUnit") == "MONTHLY" and inputs.get("limitUnit") == "USD"


RULE = Rule(
    id="cost-within-budget",
    level="mandatory",
    says="The monthly cost of the plan is at most `budget.monthlyUsd`, where that is set.",
    cause="a second replica of a machine with eight GPUs goes in with a review of one line, and the bill says so a "
    "month later",
    remedy="lower `scaling.max`, choose a smaller `compute.instanceType` (`python -m ops plan` lists them), or raise "
    "`budget.monthlyUsd`",
    check=check,
)
