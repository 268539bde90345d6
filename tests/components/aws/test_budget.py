"""Who hears of what a month costs, and when."""

from __future__ import annotations

from components.aws.budget import tag_filter
from tests.program.cases import Case, load_case, variant_case

BUDGET = "aws:budgets/budget:Budget"
PEOPLE = ["ml-oncall@example.com"]


def told(case: Case) -> list[tuple[str, float, str, list[str]]]:
    return [
        (
            item["notificationType"],
            item["threshold"],
            f"{item['thresholdType']} {item['comparisonOperator']}",
            item["subscriberEmailAddresses"],
        )
        for item in case.only(BUDGET).inputs.get("notifications", [])
    ]


def test_people_are_told_before_at_and_ahead_of_the_limit() -> None:
    above = "PERCENTAGE GREATER_THAN"
    assert told(load_case("watched")) == [
        ("ACTUAL", 80, above, PEOPLE),
        ("ACTUAL", 100, above, PEOPLE),
        ("FORECASTED", 100, above, PEOPLE),
    ]


def test_it_counts_the_stack_alone_month_by_month_whatever_credits_pay() -> None:
    inputs = load_case("watched").only(BUDGET).inputs
    assert (inputs["limitAmount"], inputs["limitUnit"], inputs["timeUnit"]) == ("900.00", "USD", "MONTHLY")
    assert inputs["costFilters"] == [{"name": "TagKeyValue", "values": ["user:Stack$dev"]}]
    assert inputs["costTypes"] == {"includeCredit": False, "includeRefund": False}
    assert tag_filter("prod") == "user:Stack$prod"


def test_a_budget_that_tells_nobody_is_there_to_be_seen() -> None:
    assert told(variant_case(name="silent", changes={"vllm:budget": {"monthlyUsd": 900}})) == []


def test_without_a_limit_there_is_none() -> None:
    assert not load_case("dev").graph.of_type(BUDGET)
