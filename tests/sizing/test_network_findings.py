"""Findings about exposure, certificates, given networks and placeholders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config.models import StackConfig
from config.placeholders import PLACEHOLDERS
from config.sources import load_stack_file
from sizing.plan import Plan
from sizing.planner import make_plan
from sizing.prepare import prepare
from tests.docs.readme import ROOT

ConfigOf = Callable[..., StackConfig]

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
NAMED = {"certificateArn": CERTIFICATE, "domain": "llm.example.org"}


def levels(plan: Plan) -> dict[str, str]:
    return {finding.id: finding.level for finding in plan.findings}


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ({}, {"http-only": "INFO"}),
        ({"certificateArn": CERTIFICATE}, {"certificate-without-domain": "WARNING"}),
        (NAMED, {}),
        ({**NAMED, "exposure": "public"}, {"open-to-everyone": "WARNING"}),
        ({**NAMED, "exposure": "public", "allowedCidrs": ["0.0.0.0/0"]}, {"open-to-everyone": "WARNING"}),
        ({**NAMED, "exposure": "public", "allowedCidrs": ["203.0.113.0/24"]}, {}),
        ({**NAMED, "allowedCidrs": ["10.0.0.0/8"]}, {}),
    ],
    ids=str,
)
def test_exposure_is_said(config_of: ConfigOf, endpoint: dict[str, Any], expected: dict[str, str]) -> None:
    about = {"http-only", "certificate-without-domain", "open-to-everyone"}
    found = levels(make_plan(config_of(endpoint=endpoint)))
    assert {ident: level for ident, level in found.items() if ident in about} == expected


def test_zones_of_a_given_network_need_no_pin(config_of: ConfigOf) -> None:
    given = {"mode": "existing", "vpcId": "vpc-01234567", "privateSubnetIds": ["subnet-01234567", "subnet-89abcdef"]}
    assert "unpinned-zones" not in levels(make_plan(config_of(network=given)))
    assert "unpinned-zones" in levels(make_plan(config_of()))


def test_each_placeholder_that_is_left_is_a_warning_with_what_to_put() -> None:
    _, plan = prepare(load_stack_file(stack="prod", root=ROOT), root=ROOT)
    messages = [finding.message for finding in plan.findings if finding.id == "placeholder-left"]
    assert levels(plan)["placeholder-left"] == "WARNING"
    assert len(messages) == len(PLACEHOLDERS)
    for entry, message in zip(PLACEHOLDERS, messages, strict=True):
        assert entry.key in message
        assert entry.todo in message
        assert "pulumi up refuses" in message


def test_a_stack_of_ones_own_has_no_placeholders(config_of: ConfigOf) -> None:
    assert "placeholder-left" not in levels(make_plan(config_of(endpoint=NAMED)))
