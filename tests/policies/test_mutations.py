"""What passes is one line away from being refused, for each rule, with a message that says what to do."""

from __future__ import annotations

import pytest

from policies.check import violations_of
from policies.loader import load_rules
from policies.report import as_text
from tests.policies.days import TODAY
from tests.policies.mutations import MUTATIONS, Mutation, mutated

RULES = load_rules()
OF_STEPS = {"service-is-kept"}
"""They look at a preview alone: test_steps.py."""
FAST = ("cost-within-budget", "cache-is-kept", "paths-are-listed")


@pytest.mark.parametrize(
    "mutation",
    [pytest.param(item, id=item.rule, marks=() if item.rule in FAST else pytest.mark.e2e) for item in MUTATIONS],
)
def test_one_line_breaks_exactly_one_rule(mutation: Mutation) -> None:
    violations = violations_of(mutated(mutation, applied=True), rules=RULES, today=TODAY)
    assert {violation.rule.id for violation in violations} == {mutation.rule}
    assert mutation.at in {violation.finding.urn.rpartition("::")[2] for violation in violations}
    text = as_text(violations, rules=RULES, stack=mutation.stack)
    assert violations[0].finding.message in text
    assert violations[0].rule.remedy in text


@pytest.mark.e2e
@pytest.mark.parametrize("stack", sorted({mutation.stack for mutation in MUTATIONS}))
def test_without_it_every_rule_passes(stack: str) -> None:
    bases = {str(mutation.base): mutation for mutation in MUTATIONS if mutation.stack == stack}
    for mutation in bases.values():
        assert violations_of(mutated(mutation, applied=False), rules=RULES, today=TODAY) == ()


def test_no_rule_is_left_out() -> None:
    assert {mutation.rule for mutation in MUTATIONS} | OF_STEPS == {rule.id for rule in RULES}
