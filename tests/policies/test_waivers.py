"""Exceptions: what they cover, when they end, and what the file must say."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.check import Violation, violations_of
from policies.model import Deployment
from policies.report import as_text, passes
from policies.waivers import Waiver, WaiverError, read_waivers
from tests.policies.days import TODAY
from tests.policies.small import RULES, made

REASON = "the team that owns it asked for a key until its move"
RULE = RULES["ssh-is-closed"]
HOST = made("aws:ec2/launchTemplate:LaunchTemplate", "host", keyName="mine")
GOOD: dict[str, Any] = {
    "rule": RULE.id,
    "urn": "urn:pulumi:small::*::host",
    "reason": REASON,
    "until": datetime.date(2027, 1, 31),
}


def judged(waiver: dict[str, Any], *, today: datetime.date = TODAY) -> tuple[Violation, ...]:
    deployment = Deployment(resources=(HOST,))
    return violations_of(deployment, rules=[RULE], waivers=[Waiver(**waiver)], today=today)


def test_what_is_waived_stops_nothing_and_is_said_with_its_reason() -> None:
    found = judged(GOOD)
    assert passes(found)
    text = as_text(found, rules=[RULE], stack="small")
    assert f"waived: {REASON}" in text
    assert "small: passes; 1 rules, 0 advisory, 1 waived" in text


@pytest.mark.parametrize("changed", [{"rule": "logs-end"}, {"urn": "urn:pulumi:small::*::other"}])
def test_a_waiver_covers_its_rule_and_its_resource_alone(changed: dict[str, str]) -> None:
    assert not passes(judged({**GOOD, **changed}))


def test_a_waiver_holds_on_its_last_day_and_not_on_the_next() -> None:
    last = datetime.date(2027, 1, 31)
    assert passes(judged(GOOD, today=last))
    after = judged(GOOD, today=last + datetime.timedelta(days=1))
    assert not passes(after)
    assert "its waiver ended on 2027-01-31" in as_text(after, rules=[RULE], stack="small")


def test_without_a_waiver_the_report_says_what_to_do_and_what_it_stops() -> None:
    text = as_text(violations_of(Deployment(resources=(HOST,)), rules=[RULE], today=TODAY), rules=[RULE], stack="small")
    for words in ("mandatory: ssh-is-closed:", "LaunchTemplate host", RULE.remedy, RULE.cause, "1 must be resolved"):
        assert words in text


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"rule": "no-such-rule"}, "no rule is called no-such-rule"),
        ({"urn": "vllm-host"}, "begins with urn:pulumi:"),
        ({"reason": "because"}, "at least 20 characters"),
        ({"until": "soon"}, "is a day"),
        ({"until": None}, "is a day"),
        ({"more": 1}, "give exactly"),
    ],
)
def test_an_entry_that_says_too_little_is_refused(tmp_path: Path, changed: dict[str, Any], says: str) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(yaml.safe_dump({"waivers": [GOOD, {**GOOD, **changed}]}), encoding="utf-8")
    with pytest.raises(WaiverError, match=rf"entry 2: .*{says}"):
        read_waivers(file, rules=set(RULES))


@pytest.mark.parametrize("text", ["", "waivers:", "- a", "waivers: {a: b}", "waivers: [", "waivers: [3]"])
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WaiverError, match=r"waivers\.yaml"):
        read_waivers(file, rules=set(RULES))


def test_a_good_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(yaml.safe_dump({"waivers": [GOOD]}), encoding="utf-8")
    assert read_waivers(file, rules=set(RULES)) == (Waiver(**GOOD),)


def test_the_committed_file_is_good() -> None:
    read_waivers(rules=set(RULES))
