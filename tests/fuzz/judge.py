"""What every stack file must come to: a graph, or a report that a person can act on; and never a secret said aloud."""

from __future__ import annotations

import base64
import datetime
import re
import shlex

import yaml

from policies.check import violations_of
from policies.loader import load_rules
from policies.read import deployment_of
from tests.fuzz.program import KEY_IN_USE, Outcome
from tests.fuzz.stack_files import StackFile

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
ENVIRONMENT = "/etc/vllm/vllm.env"
LONG_AGO = datetime.date(2026, 1, 1)
"""No waiver is looked at, so any day does."""
UP_TO_THE_USER = {
    "cost-within-budget": "a budget below the cost of what is asked for",
}
"""Mandatory rules that a stack file may break by what it asks for itself."""
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
    _host_reads_no_code(outcome)
    violations = violations_of(deployment_of(outcome.document), rules=load_rules(), today=LONG_AGO)
    stops = [each.as_dict() for each in violations if each.stops and each.rule.id not in UP_TO_THE_USER]
    assert not stops, stops


def _host_reads_no_code(outcome: Outcome) -> None:
    """Each line of the host's environment is one assignment to a shell, whatever the stack file said."""
    for template in (item for item in outcome.document if item["type"] == TEMPLATE):
        document = yaml.safe_load(base64.b64decode(template["inputs"]["userData"], validate=True))
        (environment,) = (file["content"] for file in document["write_files"] if file["path"] == ENVIRONMENT)
        for line in environment.splitlines():
            assert len(shlex.split(line)) == 1, line
            assert re.match(r"[A-Z_0-9]+=", line), line
            assert not re.search(r"[`$]", re.sub(r"\\.", "", line)), line


def _is_a_report(outcome: Outcome) -> None:
    problems = outcome.document["errors"]
    assert problems
    for problem in problems:
        assert set(problem) == FIELDS
        assert all(isinstance(text, str) for text in problem.values())
        assert all(problem[field] for field in ("path", "given", "allowed", "example", "message")), problem
