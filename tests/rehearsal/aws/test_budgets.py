"""A budget: whom it tells, its changes and its tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.server import EmulatedAws

ACCOUNT = "123456789012"
ARN = f"arn:aws:budgets::{ACCOUNT}:budget/month"
BUDGET = {
    "BudgetName": "month",
    "BudgetType": "COST",
    "TimeUnit": "MONTHLY",
    "BudgetLimit": {"Amount": "900", "Unit": "USD"},
}
SPENT = {
    "NotificationType": "ACTUAL",
    "ComparisonOperator": "GREATER_THAN",
    "Threshold": 80.0,
    "ThresholdType": "PERCENTAGE",
}
FORECAST = {**SPENT, "NotificationType": "FORECASTED", "Threshold": 100.0}


def mails(count: int) -> list[dict[str, str]]:
    return [{"SubscriptionType": "EMAIL", "Address": f"person{number}@example.com"} for number in range(count)]


@pytest.fixture
def budgets() -> Iterator[Any]:
    with EmulatedAws() as aws:
        client = aws.client("budgets")
        client.create_budget(
            AccountId=ACCOUNT,
            Budget=BUDGET,
            NotificationsWithSubscribers=[{"Notification": SPENT, "Subscribers": mails(2)}],
            ResourceTags=[{"Key": "Stack", "Value": "dev"}],
        )
        yield client


def told(budgets: Any, notification: dict[str, Any]) -> list[dict[str, str]]:
    answer = budgets.describe_subscribers_for_notification(
        AccountId=ACCOUNT, BudgetName="month", Notification=notification
    )
    found: list[dict[str, str]] = answer["Subscribers"]
    return found


def test_who_is_told_is_known_by_notification(budgets: Any) -> None:
    assert told(budgets, SPENT) == mails(2)
    with pytest.raises(ClientError, match="NotFoundException"):
        told(budgets, FORECAST)


def test_notifications_come_and_go(budgets: Any) -> None:
    one = {"AccountId": ACCOUNT, "BudgetName": "month"}
    budgets.create_notification(**one, Notification=FORECAST, Subscribers=mails(1))
    assert told(budgets, FORECAST) == mails(1)
    budgets.delete_notification(**one, Notification=SPENT)
    assert budgets.describe_notifications_for_budget(**one)["Notifications"] == [FORECAST]
    with pytest.raises(ClientError, match="NotFoundException"):
        budgets.delete_notification(**one, Notification=SPENT)


def test_more_than_ten_addresses_are_refused(budgets: Any) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        budgets.create_notification(AccountId=ACCOUNT, BudgetName="month", Notification=FORECAST, Subscribers=mails(11))


def test_a_limit_changes_in_place(budgets: Any) -> None:
    budgets.update_budget(AccountId=ACCOUNT, NewBudget={**BUDGET, "BudgetLimit": {"Amount": "950", "Unit": "USD"}})
    assert budgets.describe_budget(AccountId=ACCOUNT, BudgetName="month")["Budget"]["BudgetLimit"]["Amount"] == "950"
    assert told(budgets, SPENT) == mails(2)


def test_tags_are_those_that_were_given(budgets: Any) -> None:
    budgets.tag_resource(ResourceARN=ARN, ResourceTags=[{"Key": "team", "Value": "ml"}])
    budgets.untag_resource(ResourceARN=ARN, ResourceTagKeys=["Stack"])
    assert budgets.list_tags_for_resource(ResourceARN=ARN)["ResourceTags"] == [{"Key": "team", "Value": "ml"}]
