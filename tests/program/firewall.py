"""What AWS WAF does with a request, worked out from the web ACL of a graph: what is documented, and no more.

"AWS WAF evaluates the rules in order of their priority [...] until it finds a match that ends the evaluation"; counting
does not. A body is seen up to 8 KB before a load balancer. Of the managed rules only what each looks at is known, so
that a request fires every rule that looks at a part which is not ``plain``: more than AWS itself would find.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SEEN_BYTES = 8192
MANAGED: Mapping[str, str] = {
    "NoUserAgent_HEADER": "user-agent",
    "UserAgent_BadBots_HEADER": "user-agent",
    "SizeRestrictions_QUERYSTRING": "query",
    "SizeRestrictions_Cookie_HEADER": "cookie",
    "SizeRestrictions_BODY": "body",
    "SizeRestrictions_URIPATH": "path",
    "EC2MetaDataSSRF_BODY": "body",
    "EC2MetaDataSSRF_COOKIE": "cookie",
    "EC2MetaDataSSRF_URIPATH": "path",
    "EC2MetaDataSSRF_QUERYARGUMENTS": "query",
    "GenericLFI_QUERYARGUMENTS": "query",
    "GenericLFI_URIPATH": "path",
    "GenericLFI_BODY": "body",
    "RestrictedExtensions_URIPATH": "path",
    "RestrictedExtensions_QUERYARGUMENTS": "query",
    "GenericRFI_QUERYARGUMENTS": "query",
    "GenericRFI_BODY": "body",
    "GenericRFI_URIPATH": "path",
    "CrossSiteScripting_COOKIE": "cookie",
    "CrossSiteScripting_QUERYARGUMENTS": "query",
    "CrossSiteScripting_BODY": "body",
    "CrossSiteScripting_URIPATH": "path",
}
"""The core rule set, rule -> the part of a request that it looks at ("Core rule set (CRS) managed rule group", AWS WAF
developer guide, read 2026-11-29)."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """``odd``: parts in which a managed rule may find something; the body always is one that has any text."""

    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    address: str = "192.0.2.1"
    odd: frozenset[str] = frozenset()

    @classmethod
    def of(cls, body: bytes, **headers: str) -> Request:
        """As clients send one: with its length, and a key."""
        sent = {"authorization": "Bearer sk-one", "content-length": str(len(body)), "user-agent": "OpenAI/Python 2.0"}
        return cls(headers={**sent, **{name.replace("_", "-"): text for name, text in headers.items()}}, body=body)


def verdicts(acl: Mapping[str, Any], requests: Iterable[Request]) -> list[int]:
    """The status that each gets, all within five minutes; 200 is the load balancer's own business."""
    counts: dict[tuple[str, str], int] = {}
    return [_judge(acl, request, counts) for request in requests]


def counted(acl: Mapping[str, Any], request: Request) -> set[str]:
    """The managed rules that would have found something and only count it."""
    (group,) = (rule for rule in acl["rules"] if "managedRuleGroupStatement" in rule["statement"])
    overridden = _overrides(group)
    return {name for name in _found(request) if overridden.get(name) == "count"}


def _judge(acl: Mapping[str, Any], request: Request, counts: dict[tuple[str, str], int]) -> int:
    for rule in sorted(acl["rules"], key=lambda rule: int(rule["priority"])):
        statement = rule["statement"]
        if "managedRuleGroupStatement" in statement:
            assert rule["overrideAction"] == {"none": {}}, "the group's own actions stand"
            overridden = _overrides(rule)
            if any(overridden.get(name, "block") == "block" for name in _found(request)):
                return 403
        elif "rateBasedStatement" in statement:
            if _is_over(rule["name"], statement["rateBasedStatement"], request, counts):
                return _status(rule)
        elif _matches(statement, request):
            return _status(rule)
    assert acl["defaultAction"] == {"allow": {}}
    return 200


def _status(rule: Mapping[str, Any]) -> int:
    return int(rule["action"]["block"]["customResponse"]["responseCode"])


def _overrides(rule: Mapping[str, Any]) -> Mapping[str, str]:
    listed = rule["statement"]["managedRuleGroupStatement"].get("ruleActionOverrides", ())
    return {entry["name"]: next(iter(entry["actionToUse"])) for entry in listed}


def _found(request: Request) -> list[str]:
    odd = request.odd | ({"body"} if request.body else set())
    odd |= set() if "user-agent" in request.headers else {"user-agent"}
    return [name for name, part in MANAGED.items() if part in odd]


def _is_over(name: str, rate: Mapping[str, Any], request: Request, counts: dict[tuple[str, str], int]) -> bool:
    assert rate["evaluationWindowSec"] == 300
    if rate["aggregateKeyType"] == "IP":
        key = request.address
    else:
        ((wanted,),) = ([entry["header"]] for entry in rate["customKeys"])
        text = request.headers.get(wanted["name"])
        if text is None:  # "requests that don't have the key are not rate limited"
            return False
        key = _transformed(text, wanted["textTransformations"])
    counts[name, key] = counts.get((name, key), 0) + 1
    return counts[name, key] > int(rate["limit"])


def _matches(statement: Mapping[str, Any], request: Request) -> bool:
    ((kind, inner),) = statement.items()
    if kind in ("orStatement", "andStatement"):
        parts: Sequence[bool] = [_matches(each, request) for each in inner["statements"]]
        return any(parts) if kind == "orStatement" else all(parts)
    if kind == "notStatement":
        return not _matches(inner["statement"], request)
    if kind == "regexMatchStatement":
        text = request.headers.get(inner["fieldToMatch"]["singleHeader"]["name"])
        return text is not None and re.search(inner["regexString"], text) is not None
    assert kind == "sizeConstraintStatement", kind
    assert inner["comparisonOperator"] == "GE"
    assert inner["fieldToMatch"] == {"body": {"oversizeHandling": "MATCH"}}
    return len(request.body) > SEEN_BYTES or len(request.body) >= int(inner["size"])


def _transformed(text: str, steps: Sequence[Mapping[str, Any]]) -> str:
    for step in steps:
        assert step["type"] in ("NONE", "LOWERCASE")
        text = text.lower() if step["type"] == "LOWERCASE" else text
    return text
