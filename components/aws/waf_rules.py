"""The rules of the firewall, as data. What they do: docs/endpoint.md; why so: docs/decisions/0013.

AWS WAF developer guide: "For Application Load Balancer [...], AWS WAF can inspect the first 8 KB" of a body. So no rule
here judges what a body says; that one is too long is told by its Content-Length header.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pulumi_aws import wafv2 as waf

COMMON_RULES = "AWSManagedRulesCommonRuleSet"
BODY_RULES = (
    "SizeRestrictions_BODY",
    "EC2MetaDataSSRF_BODY",
    "GenericLFI_BODY",
    "GenericRFI_BODY",
    "CrossSiteScripting_BODY",
)
"""Those of the common rules that look at the body ("Core rule set (CRS) managed rule group", AWS WAF developer guide):
prompts have code, HTML, SQL and addresses in them, and are longer than 8 KB."""
SEEN_BYTES = 8192
WINDOW_S = 300
RETRY_AFTER_S = 60
TOO_LONG, TOO_OFTEN = "too-long", "too-often"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """``request_bytes``: of one digit and zeros, a body of so many is refused; requests in 5 minutes, None: any number
    of them."""

    request_bytes: int
    per_key: int | None = None
    per_address: int | None = None


def response_bodies() -> Sequence[waf.WebAclCustomResponseBodyArgs]:
    """In the shape that OpenAI clients expect of an error."""
    texts = {
        TOO_LONG: "The request is longer than any that the model could answer",
        TOO_OFTEN: "Too many requests in 5 minutes: try again later",
    }
    return [
        waf.WebAclCustomResponseBodyArgs(key=key, content_type="APPLICATION_JSON", content=_error(key, text))
        for key, text in texts.items()
    ]


def _error(code: str, message: str) -> str:
    return json.dumps({"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}})


def rules(limits: Limits, *, metrics: str) -> Sequence[waf.WebAclRuleArgs]:
    """In the order in which they are asked. ``metrics``: what their names in CloudWatch begin with."""
    return [
        waf.WebAclRuleArgs(
            name="request-length",
            priority=0,
            statement=_too_long(limits.request_bytes),
            action=_refuse(413, TOO_LONG),
            visibility_config=seen(f"{metrics}-request-length"),
        ),
        *_rates(limits, metrics=metrics),
        waf.WebAclRuleArgs(
            name="common-rules",
            priority=10,
            statement=_common_rules(),
            override_action=waf.WebAclRuleOverrideActionArgs(none=cast("Any", {})),
            visibility_config=seen(f"{metrics}-common-rules"),
        ),
    ]


def seen(metric: str) -> waf.WebAclRuleVisibilityConfigArgs:
    """Counted, never sampled: a sample shows the headers of a request, and one of them is the API key."""
    return waf.WebAclRuleVisibilityConfigArgs(
        cloudwatch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=False
    )


def _too_long(limit: int) -> waf.WebAclRuleStatementArgs:
    """It says that it has ``limit`` bytes or more; or it has more than AWS WAF sees and says no length at all."""
    unsaid = waf.WebAclRuleStatementAndStatementArgs(
        statements=[
            waf.WebAclRuleStatementArgs(
                size_constraint_statement=waf.WebAclRuleStatementSizeConstraintStatementArgs(
                    comparison_operator="GE",
                    size=SEEN_BYTES,
                    field_to_match=waf.WebAclRuleStatementSizeConstraintStatementFieldToMatchArgs(
                        body=waf.WebAclRuleStatementSizeConstraintStatementFieldToMatchBodyArgs(
                            oversize_handling="MATCH"
                        )
                    ),
                    text_transformations=[
                        waf.WebAclRuleStatementSizeConstraintStatementTextTransformationArgs(priority=0, type="NONE")
                    ],
                )
            ),
            waf.WebAclRuleStatementArgs(
                not_statement=waf.WebAclRuleStatementNotStatementArgs(statement=_length_is("^[0-9]+$"))
            ),
        ]
    )
    return waf.WebAclRuleStatementArgs(
        or_statement=waf.WebAclRuleStatementOrStatementArgs(
            statements=[_length_is(at_least(limit)), waf.WebAclRuleStatementArgs(and_statement=unsaid)]
        )
    )


def _length_is(pattern: str) -> waf.WebAclRuleStatementArgs:
    header = waf.WebAclRuleStatementRegexMatchStatementFieldToMatchSingleHeaderArgs(name="content-length")
    return waf.WebAclRuleStatementArgs(
        regex_match_statement=waf.WebAclRuleStatementRegexMatchStatementArgs(
            regex_string=pattern,
            field_to_match=waf.WebAclRuleStatementRegexMatchStatementFieldToMatchArgs(single_header=header),
            text_transformations=[
                waf.WebAclRuleStatementRegexMatchStatementTextTransformationArgs(priority=0, type="NONE")
            ],
        )
    )


def at_least(limit: int) -> str:
    """A regular expression for whole numbers from ``limit`` on, which is one digit and zeros."""
    digit, zeros = str(limit)[0], len(str(limit)) - 1
    if int(digit) * 10**zeros != limit:
        raise ValueError(f"{limit} is not one digit and zeros")
    more = f"[1-9][0-9]{{{zeros + 1},}}"
    return f"^0*([{digit}-9][0-9]{{{zeros}}}|{more})$"


def _rates(limits: Limits, *, metrics: str) -> Iterator[waf.WebAclRuleArgs]:
    wanted: Mapping[str, tuple[int, int | None]] = {
        "rate-per-address": (1, limits.per_address),
        "rate-per-key": (2, limits.per_key),
    }
    for name, (priority, limit) in wanted.items():
        if limit is not None:
            yield waf.WebAclRuleArgs(
                name=name,
                priority=priority,
                statement=waf.WebAclRuleStatementArgs(rate_based_statement=_rate(name, limit)),
                action=_refuse(429, TOO_OFTEN, retry_after_s=RETRY_AFTER_S),
                visibility_config=seen(f"{metrics}-{name}"),
            )


def _rate(name: str, limit: int) -> waf.WebAclRuleStatementRateBasedStatementArgs:
    if name == "rate-per-address":
        return waf.WebAclRuleStatementRateBasedStatementArgs(
            aggregate_key_type="IP", limit=limit, evaluation_window_sec=WINDOW_S
        )
    # vLLM reads the word Bearer in either case: as written, each of its 64 spellings would have a limit of its own.
    lower = waf.WebAclRuleStatementRateBasedStatementCustomKeyHeaderTextTransformationArgs(priority=0, type="LOWERCASE")
    header = waf.WebAclRuleStatementRateBasedStatementCustomKeyHeaderArgs(
        name="authorization", text_transformations=[lower]
    )
    return waf.WebAclRuleStatementRateBasedStatementArgs(
        aggregate_key_type="CUSTOM_KEYS",
        limit=limit,
        evaluation_window_sec=WINDOW_S,
        custom_keys=[waf.WebAclRuleStatementRateBasedStatementCustomKeyArgs(header=header)],
    )


def _refuse(status: int, body: str, *, retry_after_s: int | None = None) -> waf.WebAclRuleActionArgs:
    headers = (
        None
        if retry_after_s is None
        else [waf.WebAclRuleActionBlockCustomResponseResponseHeaderArgs(name="retry-after", value=str(retry_after_s))]
    )
    return waf.WebAclRuleActionArgs(
        block=waf.WebAclRuleActionBlockArgs(
            custom_response=waf.WebAclRuleActionBlockCustomResponseArgs(
                response_code=status, custom_response_body_key=body, response_headers=headers
            )
        )
    )


def _common_rules() -> waf.WebAclRuleStatementArgs:
    counted = waf.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseArgs(
        count=waf.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseCountArgs()
    )
    return waf.WebAclRuleStatementArgs(
        managed_rule_group_statement=waf.WebAclRuleStatementManagedRuleGroupStatementArgs(
            vendor_name="AWS",
            name=COMMON_RULES,
            rule_action_overrides=[
                waf.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs(name=rule, action_to_use=counted)
                for rule in BODY_RULES
            ],
        )
    )
