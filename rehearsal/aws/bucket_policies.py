"""A bucket policy's TLS-only statement lets requests pass: they stand for HTTPS ones.

"aws:SecureTransport: Use this key to check whether the request was sent using TLS." Moto denies whatever a Deny
statement with a condition names; and here every request comes over plain HTTP on loopback.
"""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket

from rehearsal.aws.patch import Method, wrap


def install() -> None:
    wrap(FakeBucket, "get_permission", _over_tls)


def _over_tls(original: Method) -> Method:
    def get_permission(self: FakeBucket, action: str, resource: str) -> Any:
        if self.policy is None:
            return original(self, action, resource)
        policy = json.loads(self.policy)
        policy["Statement"] = [statement for statement in policy["Statement"] if not denies_plain_http(statement)]
        if not policy["Statement"]:
            return PermissionResult.NEUTRAL
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

    return get_permission


def denies_plain_http(statement: dict[str, Any]) -> bool:
    """Whether the statement denies nothing but requests without TLS."""
    return statement.get("Effect") == "Deny" and statement.get("Condition") == {
        "Bool": {"aws:SecureTransport": "false"}
    }
