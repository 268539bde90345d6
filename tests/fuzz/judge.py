"""What every stack file must come to: a graph, or a report that a person can act on; and never a secret said aloud."""

from __future__ import annotations

from tests.fuzz.program import KEY_IN_USE, Outcome
from tests.fuzz.stack_files import StackFile

FIELDS = {"path", "given", "allowed", "example", "message"}


def check(file: StackFile, outcome: Outcome) -> None:
    said = outcome.stdout + outcome.stderr
    for secret in (*file.secrets, KEY_IN_USE):
        assert secret not in said, "a secret is said aloud"
    assert "Traceback" not in said
    assert outcome.status in (0, 2), said
    if outcome.status == 0:
        _is_a_graph(outcome)
    else:
        _is_a_report(outcome)


def _is_a_graph(outcome: Outcome) -> None:
    urns = [resource["urn"] for resource in outcome.document]
    assert len(urns) == len(set(urns)) > 1


def _is_a_report(outcome: Outcome) -> None:
    problems = outcome.document["errors"]
    assert problems
    for problem in problems:
        assert set(problem) == FIELDS
        assert all(isinstance(text, str) for text in problem.values())
        assert all(problem[field] for field in ("path", "given", "allowed", "example", "message")), problem
