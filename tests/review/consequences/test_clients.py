"""What clients notice: the URL, the model's name, who may connect, keys."""

from __future__ import annotations

from typing import Any

import pytest

from review.model import Risk
from tests.review.consequences.told import PLAN, told
from tests.review.graphs import BALANCER, resource, root

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
SECRET = "aws:secretsmanager/secret:Secret"
LISTENER = "aws:lb/listener:Listener"
DNS = "internal-vllm.elb.amazonaws.com"


def front(endpoint: str, *, internal: bool = True, **more: Any) -> list[dict[str, Any]]:
    return [
        root(endpoint=endpoint, load_balancer_dns=DNS),
        resource(BALANCER, "vllm", {"internal": internal}, **more),
    ]


def door(source: str, *, port: int = 443) -> dict[str, Any]:
    return resource(INGRESS, "clients", {"cidrIpv4": source, "fromPort": port, "toPort": port})


def test_another_url() -> None:
    found = told(front("https://a.test/v1"), front("http://b.test/v1"))
    assert (
        found["endpoint-changed"].text
        == "Clients must use http://b.test/v1 from now on, in place of https://a.test/v1."
    )
    assert found["https-dropped"].risk is Risk.HIGH
    assert "https-dropped" not in told(front("http://a.test/v1"), front("http://b.test/v1"))


def test_a_new_load_balancer_has_a_new_name() -> None:
    own = f"http://{DNS}/v1"
    assert "name of the load balancer" in told(front(own), front(own, internal=False))["endpoint-changed"].text
    named = "https://llm.example.com/v1"
    found = told(front(named), front(named, internal=False))
    assert found["name-must-follow"].risk is Risk.HIGH
    assert "the load balancer `vllm` goes" in found["downtime"].text.lower()
    record = resource("aws:route53/record:Record", "name")
    assert "name-must-follow" not in told([*front(named), record], [*front(named, internal=False), record])


def test_the_internet_comes_and_goes() -> None:
    inside, outside = front("http://a/v1"), front("http://a/v1", internal=False)
    assert told(inside, outside)["internet"].risk is Risk.HIGH
    assert told(outside, inside)["internet-off"].risk is Risk.MEDIUM


@pytest.mark.parametrize(
    ("source", "id_", "risk"),
    [
        ("0.0.0.0/0", "open-to-all", Risk.HIGH),
        ("203.0.114.0/24", "opened", Risk.MEDIUM),
        ("10.9.0.0/16", "opened", Risk.LOW),
    ],
)
def test_who_may_connect(source: str, id_: str, risk: Risk) -> None:
    found = told([door("10.0.0.0/16")], [door(source)])
    assert found[id_].risk is risk
    assert f"{source} to port 443" in found[id_].text
    assert found["closed"].text == "Refused from now on: 10.0.0.0/16 to port 443."


def test_rules_within_a_security_group_count_too() -> None:
    wide = {"ingress": [{"cidrBlocks": ["0.0.0.0/0"], "fromPort": 0, "toPort": 65535}, {"cidrBlocks": ["::/0"]}]}
    found = told([], [resource("aws:ec2/securityGroup:SecurityGroup", "g", wide)])
    assert found["open-to-all"].text == "Open to everybody: 0.0.0.0/0 to ports 0-65535, ::/0 to every port."


def test_a_firewall_comes_and_goes() -> None:
    wall = resource("aws:wafv2/webAclAssociation:WebAclAssociation", "wall")
    assert told([], [wall])["firewall"].risk is Risk.LOW
    assert told([wall], [])["no-firewall"].risk is Risk.MEDIUM


def test_another_name_of_the_model() -> None:
    other = {**PLAN, "vllm_args": ["m/m", "--served-model-name", "n", "o"]}
    assert (
        told([], [], plans=(PLAN, other))["model-name"].text
        == "Requests for the model m fail: it is served as n, o now."
    )
    more = {**PLAN, "vllm_args": ["m/m", "--served-model-name", "n", "m"]}
    assert "model-name" not in told([], [], plans=(PLAN, more))


def test_keys_go_with_their_secret() -> None:
    secret = resource(SECRET, "vllm-api-keys")
    found = told([secret], [])["secret-lost"]
    assert found.risk is Risk.HIGH
    assert "ops keys add" in found.text
    assert "ops secrets set hf-token" in told([resource(SECRET, "vllm-hf-token")], [])["secret-lost"].text


def test_another_encryption_key() -> None:
    before, after = (resource(SECRET, "keys", {"kmsKeyId": each} if each else {}) for each in ("", "arn:key"))
    assert told([before], [after])["key-changed"].risk is Risk.LOW
    assert told([resource("aws:kms/key:Key", "k")], [])["kms-key-gone"].risk is Risk.HIGH


def test_another_certificate() -> None:
    before, after = (
        resource(LISTENER, "https", {"certificateArn": each}, replaceOnChanges=[]) for each in ("arn:a", "arn:b")
    )
    assert "arn:b in place of arn:a" in told([before], [after])["certificate"].text


def test_a_port_that_nobody_listens_on() -> None:
    found = told([resource(LISTENER, "https", {"port": 443})], [])
    assert found["downtime"].text == (
        "Downtime: yes. Nothing listens on port 443 any more: clients that use it are refused."
    )


def plan(*arguments: str, **more: Any) -> dict[str, Any]:
    return {**PLAN, "vllm_args": ["m/m", "--served-model-name", "m", *arguments], **more}


def test_a_shorter_context_refuses_longer_requests() -> None:
    short, long = plan("--max-model-len", "4096"), plan("--max-model-len", "8192")
    assert "more than 4,096 tokens" in told([], [], plans=(long, short))["context-shorter"].text
    assert "context-shorter" not in told([], [], plans=(short, long))


def test_what_the_model_can_no_longer_do() -> None:
    tools = plan("--enable-auto-tool-choice", "--tool-call-parser", "hermes")
    found = told([], [], plans=(tools, plan()))
    assert found["features-gone"].text == "Requests that use tool calls fail from now on."
    assert "features-gone" not in told(
        [], [], plans=(tools, plan("--enable-auto-tool-choice", "--tool-call-parser", "x"))
    )


def test_fewer_requests_at_a_time() -> None:
    found = told([], [], plans=(plan(typical_concurrency=42), plan(typical_concurrency=21)))
    assert found["fewer-at-a-time"].text == "A replica runs 21 requests at a time in place of 42; others wait."


def test_the_planner_warns_once() -> None:
    warned = plan(findings=[{"id": "slow", "level": "WARNING", "message": "it is slow"}])
    assert told([], [], plans=(plan(), warned))["plan-slow"].text == "The plan warns: it is slow."
    assert told([], [], plans=(warned, warned)) == {}
    told_of = plan(findings=[{"id": "x", "level": "INFO", "message": "y"}])
    assert told([], [], plans=(plan(), told_of)) == {}
