"""Amazon Managed Service for Prometheus: only for who asks; then hosts write to it and its alerts reach the topic."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from components.aws.prometheus import remote_write_url
from tests.program.cases import DOCKER_HUB, REGISTRY, Case, load_case, variant_case

COMPONENT = "vllm:components:Prometheus"
WORKSPACE = "aws:amp/workspace:Workspace"
RULES = "aws:amp/ruleGroupNamespace:RuleGroupNamespace"
ALERT_MANAGER = "aws:amp/alertManagerDefinition:AlertManagerDefinition"
CONFIG = "/etc/vllm/remote-write.yaml"


@pytest.fixture(scope="module")
def watched() -> Case:
    return load_case("prometheus")


def granted(case: Case, action: str) -> list[Any]:
    """The resources on which hosts may do it."""
    (policy,) = case.graph.of_type("aws:iam/rolePolicy:RolePolicy")
    found = json.loads(policy.inputs["policy"])["Statement"]
    return [item["Resource"] for item in found if action in item["Action"]]


def test_without_being_asked_there_is_no_workspace_and_nothing_is_sent(case: Case) -> None:
    asked = case.config.monitoring.prometheus == "amp"
    assert [len(case.graph.of_type(type_)) for type_ in (WORKSPACE, RULES, ALERT_MANAGER)] == [asked] * 3
    assert ("REMOTE_WRITE_IMAGE" in case.host_environment) is asked
    assert (CONFIG in case.host_files) is asked
    assert bool(granted(case, "aps:RemoteWrite")) is asked
    assert ("prometheus_endpoint" in case.graph.stack.outputs) is asked


def test_hosts_write_to_the_workspace_of_the_stack_and_may_do_nothing_else_with_it(watched: Case) -> None:
    workspace = watched.only(COMPONENT).outputs
    (remote,) = yaml.safe_load(watched.host_files[CONFIG])["remote_write"]
    assert remote["url"] == f"{workspace['endpoint']}api/v1/remote_write"
    assert remote["sigv4"] == {"region": watched.config.region}
    assert granted(watched, "aps:RemoteWrite") == [workspace["arn"]]
    (policy,) = watched.graph.of_type("aws:iam/rolePolicy:RolePolicy")
    assert policy.inputs["policy"].count('"aps:') == 1


def test_rules_and_alerts_are_of_the_workspace_and_reach_the_topic_of_the_stack(watched: Case) -> None:
    rules, alerts = watched.only(RULES), watched.only(ALERT_MANAGER)
    assert watched.only(WORKSPACE).inputs["alias"] == f"vllm-{watched.config.stack}"
    workspace = watched.only(COMPONENT).outputs["workspace_id"]
    assert rules.inputs["workspaceId"] == alerts.inputs["workspaceId"] == workspace
    assert yaml.safe_load(rules.inputs["data"])["groups"]
    inner = yaml.safe_load(yaml.safe_load(alerts.inputs["definition"])["alertmanager_config"])
    assert inner["receivers"][0]["sns_configs"][0]["topic_arn"] == watched.graph.stack.outputs["alarm_topic_arn"]


def test_the_workspace_and_no_other_may_publish_to_the_topic(case: Case) -> None:
    """Without ``sns:GetTopicAttributes`` it does not ("Giving ... permission to send alert messages")."""
    document = json.loads(case.only("aws:sns/topicPolicy:TopicPolicy").inputs["policy"])
    found = [item for item in document["Statement"] if item["Principal"] == {"Service": "aps.amazonaws.com"}]
    workspaces = [item.outputs["arn"] for item in case.graph.of_type(COMPONENT)]
    assert [item["Condition"]["ArnEquals"]["aws:SourceArn"] for item in found] == workspaces
    for item in found:
        assert item["Action"] == ["sns:Publish", "sns:GetTopicAttributes"]
        assert item["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
        assert item["Resource"] == case.graph.stack.outputs["alarm_topic_arn"]


def test_the_agent_is_pulled_through_the_cache_where_there_is_one() -> None:
    monitoring = {"vllm:monitoring": {"prometheus": "amp"}}
    pulled = {"vllm:image": {"pullThrough": {"credentialArn": DOCKER_HUB}}}
    case = variant_case(name="prometheus-cached", changes={**monitoring, **pulled})
    image = case.host_environment["REMOTE_WRITE_IMAGE"]
    assert image == f"{REGISTRY}/vllm-dev/{load_case('prometheus').host_environment['REMOTE_WRITE_IMAGE']}"
    (allowed,) = granted(case, "ecr:BatchGetImage")
    repository = image.partition("/")[2].partition(":")[0]
    assert repository.startswith(allowed.partition(":repository/")[2].removesuffix("*"))


@pytest.mark.parametrize("end", ["", "/"])
def test_the_url_has_one_slash(end: str) -> None:
    endpoint = f"https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-1{end}"
    assert remote_write_url(endpoint).endswith("/workspaces/ws-1/api/v1/remote_write")
