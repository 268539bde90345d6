"""Whether a service may publish to a topic that is encrypted: its key's policy decides, which moto never asks.

SNS developer guide, "Enable compatibility between event sources from AWS services and encrypted topics": the service
needs kms:Decrypt and kms:GenerateDataKey*; the policy of the AWS managed key (alias/aws/sns) names no service;
``aws:SourceAccount``, ``aws:SourceArn`` and ``aws:SourceOrgID`` are "not supported for EventBridge-to-encrypted
topics", where a statement with one of them grants nothing. Conditions other than these are taken as met.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any

from moto.kms.models import kms_backends

_NEEDED = ("kms:Decrypt", "kms:GenerateDataKey")
_SOURCES = ("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID")
EVENTS = "events.amazonaws.com"
ALARMS = "cloudwatch.amazonaws.com"


def refusal(*, service: str, topic_arn: str, key_id: str | None) -> str:
    """Why ``service`` cannot publish to a topic under this key; empty when it can, or when there is no key."""
    if not key_id:
        return ""
    _, _, _, region, account, _ = topic_arn.split(":", 5)
    backend = kms_backends[account][region]
    key = None if key_id.startswith("alias/aws/") else backend.keys.get(key_id.rpartition("/")[2])
    statements = json.loads(key.policy or "{}").get("Statement", []) if key is not None else []
    ours = [item for item in statements if _grants(item, service=service, account=account)]
    allowed = [pattern for item in ours for pattern in _listed(item["Action"])]
    lacking = [action for action in _NEEDED if not any(fnmatch(action, pattern) for pattern in allowed)]
    if not lacking:
        return ""
    return f"KMS.AccessDeniedException: the policy of {key_id} lets {service} not call {' and '.join(lacking)}"


def _grants(item: Mapping[str, Any], *, service: str, account: str) -> bool:
    principal = item.get("Principal", {})
    named = _listed(principal.get("Service", [])) if isinstance(principal, dict) else []
    if item.get("Effect") != "Allow" or service not in named:
        return False
    conditions = {key: value for test in item.get("Condition", {}).values() for key, value in test.items()}
    if service == EVENTS:
        return not any(source in conditions for source in _SOURCES)
    return account in _listed(conditions.get("aws:SourceAccount", account))


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
