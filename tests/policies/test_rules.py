"""Each rule on deployments of a few resources: what it refuses, what it lets pass, and how it says so."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from components.aws.host_policy import UNSCOPED_ACTIONS
from policies.rules.iam_no_wildcard import UNSCOPED
from tests.policies.more_pairs import MORE_PAIRS, TOKEN
from tests.policies.pairs import PAIRS
from tests.policies.small import RULES, Pair, broken, made

ALL = (*PAIRS, *MORE_PAIRS)
ABOUT_STEPS = {"service-is-kept"}


@pytest.mark.parametrize("pair", ALL, ids=str)
def test_the_bad_one_is_refused_and_the_good_one_passes(pair: Pair) -> None:
    assert any(pair.says in message for message in broken(pair.rule, *pair.bad)), broken(pair.rule, *pair.bad)
    assert not any(pair.says in message for message in broken(pair.rule, *pair.good))


def test_every_rule_has_a_pair() -> None:
    assert {pair.rule for pair in ALL} | ABOUT_STEPS == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_says_why_and_what_to_do(rule: str) -> None:
    found = RULES[rule]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", found.id)
    assert found.level in ("mandatory", "advisory")
    assert found.says.endswith(".")
    for text in (found.cause, found.remedy):
        assert len(text) > 30
        assert not text.endswith(".")


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_bears_nothing_and_what_is_not_known_yet(rule: str) -> None:
    """A first preview knows few values; the engine's "unknown" stands for any of them."""
    assert broken(rule) == []
    for pair in ALL:
        for item in (*pair.bad, *pair.good):
            broken(rule, replace(item, inputs=dict.fromkeys(item.inputs, "[unknown]")))


def test_actions_on_everything_are_those_that_the_hosts_policy_gives_a_reason_for() -> None:
    assert set(UNSCOPED_ACTIONS) == UNSCOPED


def test_a_secret_is_named_by_its_place_alone() -> None:
    messages = broken("secrets-not-in-inputs", made("a:b/c:C", tags={TOKEN: {"deep": TOKEN}}, outputs={"out": TOKEN}))
    assert messages
    assert TOKEN not in " ".join(messages)
    assert "tags.[hidden].deep holds what looks like a HuggingFace token" in messages
    assert "out holds what looks like a HuggingFace token" in messages
