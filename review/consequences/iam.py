"""What a role or a policy of a resource allows beyond what it did."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from review.consequences.facts import Facts
from review.model import Consequence, Op, ResourceChange, Risk

PREFIX = "aws:"
DOCUMENTS = ("policy", "assumeRolePolicy", "inlinePolicies")
MOST = 6
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

Grant = tuple[str, str, str]
"""Action, resource, and who: empty in a policy of the one who asks."""


def consequences(facts: Facts) -> Iterator[Consequence]:
    for change in facts.changes:
        if change.op in (Op.DELETE, Op.RENAME) or not change.type.startswith(PREFIX):
            continue
        before = facts.former(change)
        old = _grants(before["inputs"] if before else {})
        new = _grants(facts.now[change.urn]["inputs"])
        yield from _widened(change, old=old, new=new)
    for change in facts.of(ATTACHMENT, ops=(Op.CREATE, Op.REPLACE)):
        policy = facts.now[change.urn]["inputs"].get("policyArn")
        yield Consequence(id="iam-widened", risk=Risk.MEDIUM, text=f"`{change.name}` gets the rights of {policy}.")


def _widened(
    change: ResourceChange, *, old: Mapping[Grant, set[str]], new: Mapping[Grant, set[str]]
) -> Iterator[Consequence]:
    added = sorted(grant for grant in new if grant not in old)
    if added:
        everything = any(resource == "*" or action.endswith("*") or who == "*" for action, resource, who in added)
        shown = "; ".join(map(_grant_text, added[:MOST]))
        more = f"; and {len(added) - MOST} more" if len(added) > MOST else ""
        yield Consequence(
            id="iam-widened",
            risk=Risk.HIGH if everything and change.op is not Op.CREATE else Risk.MEDIUM,
            text=f"IAM: `{change.name}` allows more: {shown}{more}.",
        )
    other = sorted(grant for grant in new if grant in old and new[grant] != old[grant])
    if other:
        shown = ", ".join(sorted({action for action, _, _ in other})[:MOST])
        yield Consequence(
            id="iam-conditions", risk=Risk.LOW, text=f"IAM: `{change.name}` allows {shown} under other conditions."
        )


def _grant_text(grant: Grant) -> str:
    action, resource, who = grant
    return f"{action} on {resource}" + (f" to {who}" if who else "")


def _grants(inputs: Mapping[str, Any]) -> dict[Grant, set[str]]:
    """What is allowed -> under which conditions."""
    found: dict[Grant, set[str]] = {}
    for name in DOCUMENTS:
        for statement in _statements(inputs.get(name)):
            condition = json.dumps(statement.get("Condition") or {}, sort_keys=True)
            for grant in _of_statement(statement):
                found.setdefault(grant, set()).add(condition)
    return found


def _of_statement(statement: Mapping[str, Any]) -> Iterator[Grant]:
    if statement.get("Effect") != "Allow":
        return
    for action in _listed(statement.get("Action")):
        for resource in _listed(statement.get("Resource")) or ["itself"]:
            for who in _principals(statement.get("Principal")) or [""]:
                yield action, resource, who


def _statements(document: Any) -> list[Mapping[str, Any]]:
    try:
        parsed = json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return []
    statements = parsed.get("Statement") if isinstance(parsed, Mapping) else None
    listed = [statements] if isinstance(statements, Mapping) else statements or []
    return [statement for statement in listed if isinstance(statement, Mapping)]


def _principals(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [who for each in value.values() for who in _listed(each)]
    return _listed(value)


def _listed(value: Any) -> list[str]:
    return [] if value is None else [str(each) for each in value] if isinstance(value, list) else [str(value)]
