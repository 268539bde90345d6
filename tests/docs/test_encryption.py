"""docs/encryption.md shows the policy that the stack's own key has."""

from __future__ import annotations

import json
import re
from pathlib import Path

from components.aws.key_policy import KeyScope, key_policy

DOC = (Path(__file__).resolve().parents[2] / "docs" / "encryption.md").read_text(encoding="utf-8")


def test_the_policy_that_is_shown_is_the_one_that_is_made() -> None:
    (shown,) = re.findall(r"```json\n(.+?)```", DOC, flags=re.S)
    scope = KeyScope(region="us-east-1", account="123456789012", partition="aws", prometheus=True)
    assert json.loads(shown) == key_policy(scope)


def test_what_each_statement_is_for_is_said() -> None:
    scope = KeyScope(region="us-east-1", account="123456789012", partition="aws", prometheus=True)
    sids = {statement["Sid"] for statement in key_policy(scope)["Statement"]} - {"IamPolicies"}
    assert sids == set(re.findall(r"`(\w+)`", "\n".join(re.findall(r"^- (`.+)", DOC, flags=re.M)))) & sids
