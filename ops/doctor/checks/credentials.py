"""AWS credentials: valid, of the stack's account, in a region that is switched on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from config import placeholders
from ops.clients import aws_errors, code_of
from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.examine import CREDENTIALS
from ops.doctor.model import Finding, error, ok, warning
from ops.errors import OpsError

ALWAYS_ON = "us-east-1"
REFUSED_ELSEWHERE = ("InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure")
"""What a region that the account has not switched on says of good credentials."""


def _look(case: Case) -> Iterator[Finding]:
    try:
        with aws_errors("ask AWS who you are"):
            identity = case.client("sts").get_caller_identity()
    except OpsError as failure:
        if not _is_valid_elsewhere(case, failure):
            raise
        yield _switched_off(case.config.region)
        return
    account = str(identity["Account"])
    yield from _of_account(case, account) or [
        ok(f"account {account} as {identity['Arn']}, region {case.config.region}")
    ]
    yield from _of_profile(case)


def _is_valid_elsewhere(case: Case, failure: OpsError) -> bool:
    """Only in the partition of ordinary regions, of which some must be switched on."""
    cause = failure.__cause__
    if not isinstance(cause, ClientError) or code_of(cause) not in REFUSED_ELSEWHERE:
        return False
    if case.config.region == ALWAYS_ON or case.config.region.startswith(("cn-", "us-gov-", "us-iso", "eusc-")):
        return False
    try:
        case.client("sts", region=ALWAYS_ON).get_caller_identity()
    except ClientError:
        return False
    return True


def _switched_off(region: str) -> Finding:
    return error(
        f"the credentials are valid, but not in {region}: the account has not switched this region on",
        fix=f"aws account enable-region --region-name {region}, or another aws:region in the stack file",
    )


def _of_account(case: Case, account: str) -> list[Finding]:
    expected = _accounts(case)
    if not expected or account in expected:
        return []
    named = ", ".join(f"{each} ({why})" for each, why in expected.items())
    return [error(f"the credentials are of account {account}, the stack is of {named}", fix="export AWS_PROFILE=...")]


def _accounts(case: Case) -> Mapping[str, str]:
    """Accounts that the stack may be in, each with who says so; what is deployed decides over what is set."""
    if held := _account_of(case.outputs.get("target_group_arn")):
        return {held: "where it is deployed"}
    allowed = case.settings.get("aws:allowedAccountIds")
    if isinstance(allowed, list) and allowed:
        return {str(each): "aws:allowedAccountIds" for each in allowed}
    key = "certificateArn"
    is_placeholder = any(key in entry.path for entry in placeholders.left(case.config))
    certificate = None if is_placeholder else _account_of(case.config.endpoint.certificate_arn)
    return {certificate: f"endpoint.{key}"} if certificate else {}


def _account_of(arn: Any) -> str:
    parts = str(arn or "").split(":")
    return parts[4] if len(parts) > 5 else ""


def _of_profile(case: Case) -> Iterator[Finding]:
    wanted, used = case.settings.get("aws:profile"), case.environment.get("AWS_PROFILE", "")
    if isinstance(wanted, str) and wanted != used:
        yield warning(
            f"the stack file has aws:profile {wanted}, which pulumi uses; these tools use {used or 'no profile'}",
            fix=f"export AWS_PROFILE={wanted}",
        )


CHECK = Check(
    id=CREDENTIALS,
    asks="Are they valid, of the account that the stack is in, and is the region switched on?",
    look=_look,
    calls=("sts:GetCallerIdentity",),
)
