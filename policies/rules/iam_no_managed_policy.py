"""What a role may do stands in this repository."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, found
from policies.rules.iam_no_wildcard import ROLE

ATTACHMENTS = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
    "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
}


def check(deployment: Deployment) -> Iterator[Finding]:
    for attachment in deployment.of_type(*ATTACHMENTS):
        arn = str(attachment.inputs.get(ATTACHMENTS[attachment.type]))
        if _is_aws_own(arn):
            yield found(attachment, f"attaches {arn}")
    for role in deployment.of_type(ROLE):
        for arn in role.inputs.get("managedPolicyArns") or ():
            if _is_aws_own(str(arn)):
                yield found(role, f"attaches {arn}")


def _is_aws_own(arn: str) -> bool:
    return ":iam::aws:policy/" in arn


RULE = Rule(
    id="iam-no-managed-policy",
    level="mandatory",
    says="No role has one of AWS's managed policies.",
    cause="AmazonSSMManagedInstanceCore, attached for the sake of a shell, reads every parameter of the account",
    remedy="write the actions that are needed into components/aws/host_policy.py",
    check=check,
)
