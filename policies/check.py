"""Runs rules on a deployment."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from policies.model import Deployment, Finding, Rule
from policies.waivers import Waiver


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A rule that is broken at one place. ``waived``: the reason of a waiver that covers it; ``ended``: one did."""

    rule: Rule
    finding: Finding
    waived: str | None = None
    ended: datetime.date | None = None

    @property
    def stops(self) -> bool:
        return self.rule.level == "mandatory" and self.waived is None

    def as_dict(self) -> dict[str, Any]:
        return {
            "rule": self.rule.id,
            "level": self.rule.level,
            "urn": self.finding.urn,
            "message": self.finding.message,
            "remedy": self.rule.remedy,
            "cause": self.rule.cause,
            "waived": self.waived,
        }


def violations_of(
    deployment: Deployment, *, rules: Iterable[Rule], waivers: Iterable[Waiver] = (), today: datetime.date
) -> tuple[Violation, ...]:
    """In the order of the rules, then as the rule found them."""
    exceptions = tuple(waivers)
    return tuple(
        _judged(rule, finding, exceptions, today) for rule in rules for finding in dict.fromkeys(rule.check(deployment))
    )


def _judged(rule: Rule, finding: Finding, waivers: tuple[Waiver, ...], today: datetime.date) -> Violation:
    asked = {"rule": rule.id, "urn": finding.urn}
    covering = [waiver for waiver in waivers if waiver.covers(**asked, today=today)]
    ended = [waiver.until for waiver in waivers if waiver.has_ended_for(**asked, today=today)]
    if covering:
        return Violation(rule=rule, finding=finding, waived=covering[0].reason)
    return Violation(rule=rule, finding=finding, ended=max(ended, default=None))
