"""Whether a service may publish to a topic that is encrypted: its key's policy decides.

SNS developer guide, "Enable compatibility between event sources from AWS services and encrypted topics": the service
needs kms:Decrypt and kms:GenerateDataKey*; the policy of the AWS managed key (alias/aws/sns) names no service;
``aws:SourceAccount``, ``aws:SourceArn`` and ``aws:SourceOrgID`` are "not supported for EventBridge-to-encrypted
topics", where a statement with one of them grants nothing. Conditions other than these are taken as met.
"""

from __future__ import annotations

from rehearsal.aws.key_grants import Statement, conditions, lacking, principals

_NEEDED = ("kms:Decrypt", "kms:GenerateDataKey")
_SOURCES = ("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID")
EVENTS = "events.amazonaws.com"
ALARMS = "cloudwatch.amazonaws.com"


def refusal(*, service: str, topic_arn: str, key_id: str | None) -> str:
    """Why ``service`` cannot publish to a topic under this key; empty when it can, or when there is no key."""
    if not key_id:
        return ""
    _, _, _, region, account, _ = topic_arn.split(":", 5)

    def counts(item: Statement) -> bool:
        asked = conditions(item)
        if service not in principals(item, "Service"):
            return False
        if service == EVENTS:
            return not any(source in asked for source in _SOURCES)
        return account in asked.get("aws:SourceAccount", [account])

    missing = lacking(key_id=key_id, region=region, account=account, actions=_NEEDED, counts=counts)
    if not missing:
        return ""
    return f"KMS.AccessDeniedException: the policy of {key_id} lets {service} not call {' and '.join(missing)}"
