"""Budgets: who is told, changes, and tags, of which moto has none.

API DescribeSubscribersForNotification: a notification is found by its four fields, and not finding it is a
NotFoundException. API Notification: at least one subscriber, "one SNS subscriber and up to 10 email subscribers". A
month costs nothing here, so nobody is ever mailed.
"""

from __future__ import annotations

import json
from typing import Any

from moto.budgets.exceptions import NotFoundException
from moto.budgets.models import BudgetsBackend
from moto.budgets.responses import BudgetsResponse
from moto.core.exceptions import JsonRESTError

from rehearsal.aws.patch import Method, add, kept, wrap

_FIELDS = ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")
_MAILS_MAX = 10


def install() -> None:
    add(
        BudgetsResponse,
        describe_subscribers_for_notification=_subscribers,
        update_budget=_update,
        list_tags_for_resource=_tags,
        tag_resource=_tag,
        untag_resource=_untag,
    )
    wrap(BudgetsResponse, "create_budget", _with_tags)
    wrap(BudgetsResponse, "create_notification", _ten_at_most)
    wrap(BudgetsBackend, "delete_notification", _by_its_fields)


def _with_tags(original: Method) -> Method:
    def create_budget(self: Any) -> str:
        for notification in self._get_param("NotificationsWithSubscribers", []):
            _require_ten_at_most(notification["Subscribers"])
        answer: str = original(self)
        name = self._get_param("Budget")["BudgetName"]
        given = self._get_param("ResourceTags") or []
        _tags_of(self, _arn(self, name)).update({tag["Key"]: tag["Value"] for tag in given})
        return answer

    return create_budget


def _ten_at_most(original: Method) -> Method:
    def create_notification(self: Any) -> Any:
        _require_ten_at_most(self._get_param("Subscribers"))
        return original(self)

    return create_notification


def _require_ten_at_most(subscribers: list[dict[str, str]]) -> None:
    mails = [subscriber for subscriber in subscribers if subscriber["SubscriptionType"] == "EMAIL"]
    if len(mails) > _MAILS_MAX:
        raise JsonRESTError("InvalidParameterException", f"a notification has at most {_MAILS_MAX} e-mail subscribers")


def _subscribers(self: Any) -> str:
    found = _notification(_budget(self), self._get_param("Notification"))
    return json.dumps({"Subscribers": found.subscribers})


def _update(self: Any) -> str:
    given = self._get_param("NewBudget")
    budget = _budget(self, given["BudgetName"])
    budget.budget = {**budget.budget, **given}
    return "{}"


def _by_its_fields(original: Method) -> Method:
    del original

    def delete_notification(self: Any, account_id: str, budget_name: str, notification: dict[str, Any]) -> None:
        budget = self.budgets[account_id][budget_name]
        budget.notifications.remove(_notification(budget, notification))

    return delete_notification


def _notification(budget: Any, wanted: dict[str, Any]) -> Any:
    for held in budget.notifications:
        if all(held.details.get(field) == wanted.get(field) for field in _FIELDS):
            return held
    raise NotFoundException("Unable to get notification: the notification doesn't exist.")


def _budget(self: Any, name: str | None = None) -> Any:
    budgets = self.backend.budgets[self._get_param("AccountId")]
    name = name or self._get_param("BudgetName")
    if name not in budgets:
        raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
    return budgets[name]


def _arn(self: Any, name: str) -> str:
    return f"arn:{self.partition}:budgets::{self._get_param('AccountId')}:budget/{name}"


def _tags_of(self: Any, arn: str) -> dict[str, str]:
    held: dict[str, str] = kept(self.backend, "budget_tags").setdefault(arn, {})
    return held


def _tags(self: Any) -> str:
    tags = _tags_of(self, self._get_param("ResourceARN"))
    return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]})


def _tag(self: Any) -> str:
    given = self._get_param("ResourceTags")
    _tags_of(self, self._get_param("ResourceARN")).update({tag["Key"]: tag["Value"] for tag in given})
    return "{}"


def _untag(self: Any) -> str:
    tags = _tags_of(self, self._get_param("ResourceARN"))
    for key in self._get_param("ResourceTagKeys"):
        tags.pop(key, None)
    return "{}"
