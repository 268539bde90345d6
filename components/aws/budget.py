"""What AWS itself says when the stack costs more than it may: mails, by what was spent and by where that leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.naming import Tags

ALERTS = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""Kind and percentage. AWS makes a forecast from some five weeks of spending, so a young stack hears of the first two.

User guide, "Creating a cost budget": "AWS requires approximately 5 weeks of usage data to generate budget forecasts".
"""


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """``monthly_usd``: what a month may cost; ``notify``: at most 10 addresses, without one nobody is told."""

    stack: str
    monthly_usd: float
    notify: Sequence[str]
    tags: Tags


class Budget(pulumi.ComponentResource):
    """One budget over everything that carries the stack's tag; it is checked some three times a day and stops nothing.

    AWS sees the tag ``Stack`` in costs only once it is activated as a cost allocation tag (README, "What it costs").
    """

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:Budget", name, None, opts)
        budget = aws.budgets.Budget(
            name,
            budget_type="COST",
            limit_amount=f"{args.monthly_usd:.2f}",
            limit_unit="USD",
            time_unit="MONTHLY",
            cost_filters=[aws.budgets.BudgetCostFilterArgs(name="TagKeyValue", values=[tag_filter(args.stack)])],
            # What a machine costs is the same under a credit, and the credit ends one day.
            cost_types=aws.budgets.BudgetCostTypesArgs(include_credit=False, include_refund=False),
            notifications=[_alert(kind, percent, args.notify) for kind, percent in ALERTS] if args.notify else None,
            tags=args.tags.named("budget"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"budget": budget.name})


def tag_filter(stack: str) -> str:
    """A tag of the user's (and not of AWS's own) with its value, as Cost Explorer writes the two."""
    return f"user:Stack${stack}"


def _alert(kind: str, percent: int, notify: Sequence[str]) -> aws.budgets.BudgetNotificationArgs:
    return aws.budgets.BudgetNotificationArgs(
        notification_type=kind,
        comparison_operator="GREATER_THAN",
        threshold=percent,
        threshold_type="PERCENTAGE",
        subscriber_email_addresses=list(notify),
    )
