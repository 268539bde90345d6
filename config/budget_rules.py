"""Rules between ``budget`` and other keys."""

from __future__ import annotations

from config.errors import Problem
from config.models import StackConfig

# Notification, AWS Budgets API reference: "one SNS subscriber and up to 10 email subscribers".
BUDGET_MAILS_MAX = 10


def budget_tells_at_most_ten(config: StackConfig) -> Problem | None:
    addresses = config.monitoring.notify
    if config.budget.monthly_usd is None or len(addresses) <= BUDGET_MAILS_MAX:
        return None
    return Problem(
        path="vllm:monitoring.notify",
        given=f"{len(addresses)} addresses",
        allowed=f"at most {BUDGET_MAILS_MAX} addresses beside budget.monthlyUsd",
        example="[ml-oncall@example.com]",
        message=f"AWS Budgets tells at most {BUDGET_MAILS_MAX} addresses: name a mailing list in their place",
    )
