"""What a role or a policy of a resource allows beyond what it did."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from review.consequences.facts import Facts
from review.model import Consequence, Op, ResourceChange, Risk

PREFIX, IAM = "aws:", "aws:iam/"
DOCUMENTS = ("policy", "assumeRolePolicy", "inlinePolicies")
MOST = 4
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

Grant = tuple[str, str, str]
"""Action, resource, and who: empty in a policy of the one who asks."""


def consequences(facts: Facts) -> Iterator[Consequence]:
    for change in facts.changes:
        if change.op in (Op.DELETE, Op.RENAME) or not change.type.startswith(PREFIX):
            continue
        if change.op is Op.CREATE:
            yield from _widened(change, old={}, new=_grants(facts.now[change.urn]["inputs"]))
        else:  # as compared, where names of other resources are the same on both sides
            changed = [each for each in change.properties if each.path in DOCUMENTS]
            old = _grants({each.path: each.before for each in changed})
            yield from _widened(change, old=old, new=_grants({each.path: each.after for each in changed}))
    for change in facts.of(ATTACHMENT, ops=(Op.CREATE, Op.REPLACE)):
        policy = facts.now[change.urn]["inputs"].get("policyArn")
        yield Consequence(id="iam-widened", risk=Risk.MEDIUM, text=f"`{change.name}` gets the rights of {policy}.")


def _widened(
    change: ResourceChange, *, old: Mapping[Grant, set[str]], new: Mapping[Grant, set[str]]
) -> Iterator[Consequence]:
    added = sorted(grant for grant in new if grant not in old)
    if added:
        everything = any(
            resource == "*" or action == "*" or action.endswith(":*") or who == "*" for action, resource, who in added
        )
        texts = list(_grant_texts(added))
        shown = "; ".join(texts[:MOST])
        more = f"; and {len(texts) - MOST} more" if len(texts) > MOST else ""
        yield Consequence(
            id="iam-widened",
            risk=_risk(change, everything=everything),
            text=f"IAM: {'the new ' * (change.op is Op.CREATE)}`{change.name}` allows: {shown}{more}.",
        )
    other = sorted(grant for grant in new if grant in old and new[grant] != old[grant])
    if other:
        shown = ", ".join(sorted({action for action, _, _ in other}))
        yield Consequence(
            id="iam-conditions", risk=Risk.LOW, text=f"IAM: `{change.name}` allows {shown} under other conditions."
        )


def _risk(change: ResourceChange, *, everything: bool) -> Risk:
    """A new resource's own policy says only who may use it; what it is nobody could use before."""
    if change.op is Op.CREATE and not change.type.startswith(IAM):
        return Risk.LOW
    return Risk.HIGH if everything else Risk.MEDIUM


def _grant_texts(grants: Sequence[Grant]) -> Iterator[str]:
    """One for all actions on the same resource."""
    actions: dict[tuple[str, str], list[str]] = {}
    for action, resource, who in grants:
        actions.setdefault((resource, who), []).append(action)
    for (resource, who), names in actions.items():
        yield f"{', '.join(names)} on {resource}" + (f" to {who}" if who else "")


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
