"""What docs/endpoint.md says of the endpoint holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.sources import load_stack_file
from sizing.cost import prices
from sizing.plan import Plan
from sizing.prepare import prepare
from tests.program.cases import load_case

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "endpoint.md").read_text(encoding="utf-8")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "Pulumi.shown.yaml").write_text(block)
    _, shown = prepare(load_stack_file(stack="shown", root=tmp_path))
    return shown


def test_the_costs_are_the_plans(plan: Plan) -> None:
    named = {name: float(usd) for name, usd in re.findall(r"^\| ([^|]+) \| ([0-9.]+) \|$", TEXT, re.MULTILINE)}
    assert list(named.values()) == [
        prices()["web_acl_month"],
        prices()["web_acl_rule_month"],
        prices()["web_acl_requests_million"],
        pytest.approx(float(prices()["s3_gb_month"]), abs=0.005),
    ]
    assert {"firewall", "firewall rules", "firewall requests", "access logs"} <= {item.name for item in plan.cost.items}


def test_the_rules_and_their_metrics_are_those_of_the_program() -> None:
    acl = load_case("internet").only("aws:wafv2/webAcl:WebAcl").inputs
    rules = [rule["name"] for rule in sorted(acl["rules"], key=lambda rule: int(rule["priority"]))]
    assert re.findall(r"`(?:vllm-STACK)?-(request-length|rate-per-\w+|common-rules)`", TEXT) == rules
    statuses = [rule["action"]["block"]["customResponse"]["responseCode"] for rule in acl["rules"][:3]]
    assert statuses == [413, 429, 429]


def test_the_length_that_is_named_is_the_bound(plan: Plan) -> None:
    (named,) = re.findall(r"\((\d+) MB, more with", TEXT)
    assert plan.longest_request_bytes == int(named) * 1_000_000


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
