"""Managed Prometheus: what a workspace holds, and what is refused of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.server import EmulatedAws

RULES = b"""
groups:
- name: vllm
  rules:
  - alert: RequestsWaiting
    expr: avg_over_time(vllm:num_requests_waiting[5m]) > 10
"""
DEFINITION = """
alertmanager_config: |
  route:
    receiver: topic
  receivers:
  - name: topic
    sns_configs:
    - topic_arn: arn:aws:sns:us-east-1:123456789012:alarms
      sigv4:
        region: us-east-1
"""


@pytest.fixture
def amp() -> Iterator[Any]:
    with EmulatedAws() as aws:
        yield aws.client("amp")


@pytest.fixture
def workspace(amp: Any) -> str:
    return str(amp.create_workspace(alias="vllm-dev", tags={"vllm:stack": "dev"})["workspaceId"])


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return str(refused.value.response["Error"]["Code"])


def test_a_definition_is_made_shown_changed_and_deleted(amp: Any, workspace: str) -> None:
    amp.create_alert_manager_definition(workspaceId=workspace, data=DEFINITION.encode())
    again = refusal(amp.create_alert_manager_definition, workspaceId=workspace, data=DEFINITION.encode())
    assert again == "ConflictException"
    other = DEFINITION.replace("alarms", "others").encode()
    amp.put_alert_manager_definition(workspaceId=workspace, data=other)
    shown = amp.describe_alert_manager_definition(workspaceId=workspace)["alertManagerDefinition"]
    assert (shown["data"], shown["status"]["statusCode"]) == (other, "ACTIVE")
    amp.delete_alert_manager_definition(workspaceId=workspace)
    gone = refusal(amp.describe_alert_manager_definition, workspaceId=workspace)
    assert gone == "ResourceNotFoundException"


def test_a_workspace_takes_its_definition_along(amp: Any, workspace: str) -> None:
    amp.create_alert_manager_definition(workspaceId=workspace, data=DEFINITION.encode())
    amp.delete_workspace(workspaceId=workspace)
    gone = refusal(amp.describe_alert_manager_definition, workspaceId=workspace)
    assert gone == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "definition",
    [
        "not yaml: [",
        "route: {}",
        DEFINITION.replace("receiver: topic", "receiver: other"),
        DEFINITION.replace("sns_configs", "webhook_configs"),
        DEFINITION.replace("sigv4", "auth"),
    ],
)
def test_a_definition_that_would_tell_nobody_is_refused(amp: Any, workspace: str, definition: str) -> None:
    code = refusal(amp.create_alert_manager_definition, workspaceId=workspace, data=definition.encode())
    assert code == "ValidationException"


def test_rules_are_kept(amp: Any, workspace: str) -> None:
    amp.create_rule_groups_namespace(workspaceId=workspace, name="vllm", data=RULES)
    changed = RULES.replace(b"10", b"20")
    amp.put_rule_groups_namespace(workspaceId=workspace, name="vllm", data=changed)
    shown = amp.describe_rule_groups_namespace(workspaceId=workspace, name="vllm")["ruleGroupsNamespace"]
    assert shown["data"] == changed


@pytest.mark.parametrize("rules", [b"groups: []", RULES.replace(b"expr", b"expression"), b"- a list"])
def test_rules_that_cannot_be_read_are_refused(amp: Any, workspace: str, rules: bytes) -> None:
    code = refusal(amp.create_rule_groups_namespace, workspaceId=workspace, name="vllm", data=rules)
    assert code == "ValidationException"
