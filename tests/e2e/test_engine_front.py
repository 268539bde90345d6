"""A stack on the internet, with name, certificate, access logs and firewall, on the real engine and provider."""

from __future__ import annotations

import json

import pytest

from rehearsal.aws.environment import FAKE_KEY
from tests.e2e.change import Change
from tests.e2e.endpoint_changes import INTERNET_OFF
from tests.e2e.front_life import FrontLife
from tests.e2e.lives import Lives
from tests.e2e.previews import Preview, expected
from tests.program.cases import Case, load_case

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def life(lives: Lives) -> FrontLife:
    return lives.of_front()


@pytest.fixture
def asked() -> Case:
    return load_case("internet")


def test_the_engine_creates_what_the_graph_has(life: FrontLife, asked: Case) -> None:
    assert {step.op for step in life.up.steps} == {"create"}
    graph = {resource.urn for resource in asked.graph if resource is not asked.graph.stack}
    assert {step.urn for step in life.up.steps} == graph


def test_a_second_up_changes_nothing_and_a_refresh_finds_no_drift(life: FrontLife) -> None:
    assert life.second_up.touched == ()
    assert life.refresh.touched == ()


def test_the_certificate_is_issued_by_its_record_and_shown_on_443(life: FrontLife) -> None:
    certificate = life.approach.certificate
    assert (certificate["Status"], certificate["DomainName"]) == ("ISSUED", "llm.example.com")
    assert life.first.listeners[443]["Certificates"] == [{"CertificateArn": certificate["CertificateArn"]}]
    assert life.first.listeners[80]["DefaultActions"][0]["Type"] == "redirect"


def test_the_name_leads_to_the_load_balancer(life: FrontLife) -> None:
    alias = life.approach.records["A", "llm.example.com."]["AliasTarget"]
    assert alias["DNSName"].rstrip(".") == life.first.balancer["DNSName"].lower()
    assert life.first.outputs["endpoint"] == "https://llm.example.com/v1"


def test_the_firewall_before_the_load_balancer_is_the_one_of_the_graph(life: FrontLife, asked: Case) -> None:
    wanted = asked.only("aws:wafv2/webAcl:WebAcl").inputs
    acl = life.approach.acl
    assert {rule["Name"]: rule["Priority"] for rule in acl["Rules"]} == {
        rule["name"]: rule["priority"] for rule in wanted["rules"]
    }
    group = next(rule for rule in acl["Rules"] if rule["Name"] == "common-rules")
    overrides = group["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert all(override["Name"].endswith("_BODY") and "Count" in override["ActionToUse"] for override in overrides)
    assert len(overrides) == 5
    assert not acl["VisibilityConfig"]["SampledRequestsEnabled"]


def test_access_logs_go_to_a_bucket_that_forgets(life: FrontLife) -> None:
    assert life.first.balancer_attributes["access_logs.s3.enabled"] == "true"
    (rule,) = life.approach.lifecycle["Rules"]
    assert (rule["Status"], rule["Expiration"]["Days"]) == ("Enabled", 90)
    sids = {statement["Sid"] for statement in json.loads(life.approach.policy)["Statement"]}
    assert sids == {"TlsOnly", "AccessLogs"}


def test_without_logs_and_firewall_only_they_go(life: FrontLife) -> None:
    change = Change(name="internet-off", config={}, touched=INTERNET_OFF)
    seen = Preview(steps=life.off.touched, refusal="", writing=(), seconds=0.0)
    assert seen.touched == expected(change, state=life.before_destroy)


def test_destroy_leaves_nothing_though_there_are_logs_and_the_zone_is_as_it_was(life: FrontLife) -> None:
    assert life.held == ()
    assert life.left == frozenset()
    assert life.given_after == life.given_before


def test_only_fake_keys_and_known_calls_arrived(life: FrontLife) -> None:
    assert {call.access_key for call in life.calls} == {FAKE_KEY}
    assert [call for call in life.calls if call.status >= 500] == []
