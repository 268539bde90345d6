"""What the policy of a KMS key grants, which moto never asks when something is encrypted with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatch
from typing import Any

from moto.kms.models import kms_backends

Statement = Mapping[str, Any]


def lacking(
    *, key_id: str, region: str, account: str, actions: Sequence[str], counts: Callable[[Statement], bool]
) -> list[str]:
    """Those of ``actions`` that no statement grants that ``counts`` for who asks; all of them of AWS's own keys and of
    keys that are not there."""
    found = None if key_id.startswith("alias/aws/") else kms_backends[account][region].keys.get(_id(key_id))
    statements = [] if found is None else json.loads(found.policy or "{}").get("Statement", [])
    ours = [item for item in statements if item.get("Effect") == "Allow" and counts(item)]
    allowed = [pattern for item in ours for pattern in listed(item["Action"])]
    return [action for action in actions if not any(fnmatch(action, pattern) for pattern in allowed)]


def principals(statement: Statement, kind: str) -> list[str]:
    """``kind``: AWS or Service."""
    named = statement.get("Principal", {})
    return listed(named.get(kind, [])) if isinstance(named, dict) else listed(named)


def conditions(statement: Statement) -> dict[str, list[str]]:
    """Condition key -> its values, whatever the operator."""
    return {key: listed(value) for test in statement.get("Condition", {}).values() for key, value in test.items()}


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _id(key_id: str) -> str:
    return key_id.rpartition("/")[2]
