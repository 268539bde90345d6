"""What it costs, against before and against the budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from review.consequences.facts import Facts
from review.model import Consequence, Risk
from review.plans import at

MUCH, VERY_MUCH = 0.20, 1.0
"""Shares of the former cost."""
SHOWN_USD = 1.0
OVER = "over-budget"


def consequences(facts: Facts) -> Iterator[Consequence]:
    old, new = (at(revision.plan, "cost.monthly_usd") for revision in (facts.before, facts.after))
    if old is not None and new is not None and abs(new - old) >= SHOWN_USD:
        share = (new - old) / old if old else VERY_MUCH
        much = share > MUCH
        yield Consequence(
            id="cost-much-more" if much else "cost",
            risk=Risk.HIGH if share > VERY_MUCH else Risk.MEDIUM if much else Risk.LOW if share > 0 else Risk.NONE,
            text=f"About {new:,.0f} USD a month in place of {old:,.0f} ({share:+.0%}): {_items(facts)}.",
        )
    over = _over(facts.after.plan)
    if over and not _over(facts.before.plan):
        yield Consequence(id=OVER, risk=Risk.HIGH, text=f"Over budget: {over}.")


def _items(facts: Facts) -> str:
    """The three that change most."""
    old, new = (_by_name(revision.plan) for revision in (facts.before, facts.after))
    changed = {name: new.get(name, 0.0) - old.get(name, 0.0) for name in {*old, *new}}
    most = sorted((name for name in changed if changed[name]), key=lambda name: (-abs(changed[name]), name))[:3]
    hours = _hours_of_a_month(facts.after.plan)
    return ", ".join(f"{name} {changed[name] * hours:+,.0f}" for name in most) or "prices"


def _by_name(plan: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for item in at(plan, "cost.items") or ():
        found[item["name"]] = found.get(item["name"], 0.0) + float(item["hourly_usd"])
    return found


def _hours_of_a_month(plan: Mapping[str, Any]) -> float:
    hourly, monthly = at(plan, "cost.hourly_usd"), at(plan, "cost.monthly_usd")
    return monthly / hourly if hourly else 0.0


def _over(plan: Mapping[str, Any]) -> str:
    return next((str(each["message"]) for each in plan.get("findings") or () if each["id"] == OVER), "")
