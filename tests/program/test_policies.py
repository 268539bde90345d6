"""Every stack file, and every variant, passes the policies; waivers are for something that is there."""

from __future__ import annotations

from policies.check import Violation, violations_of
from policies.loader import load_rules
from policies.read import deployment_of
from policies.waivers import read_waivers
from rehearsal.graph.model import Graph
from tests.policies.days import TODAY
from tests.program.cases import STACKS, Case, load_case
from tests.program.local_cases import local_case

RULES = load_rules()


def violations(graph: Graph) -> tuple[Violation, ...]:
    return violations_of(deployment_of([item.as_dict() for item in graph]), rules=RULES, today=TODAY)


def test_nothing_mandatory_is_broken(case: Case) -> None:
    assert [found for found in violations(case.graph) if found.stops] == []


def test_a_stack_on_one_machine_passes() -> None:
    assert violations(local_case().graph) == ()


def test_the_committed_stacks_break_only_what_pinning_resolves() -> None:
    """Their pins are looked up with an account: `ops pin --update`."""
    advice = {found.rule.id for stack in STACKS for found in violations(load_case(stack).graph)}
    assert advice == {"image-has-digest", "machine-image-pinned"}


def test_every_waiver_of_a_committed_stack_is_needed() -> None:
    found = [item for stack in STACKS for item in violations(load_case(stack).graph)]
    for waiver in read_waivers(rules={rule.id for rule in RULES}):
        assert any(waiver.covers(rule=item.rule.id, urn=item.finding.urn, today=waiver.until) for item in found), waiver
