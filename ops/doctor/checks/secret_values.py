"""Secrets: whether each has a value. It is never read: the versions of a secret say enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from ops.clients import code_of
from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, error, ok, skipped
from ops.key_store import CURRENT
from userdata.options import needs_token


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """``arn``: None for a secret that the stack is yet to make. ``fill``: the command that puts a value."""

    what: str
    key: str
    arn: str | None
    fill: str


def _look(case: Case) -> Iterator[Finding]:
    for wanted in _wanted(case):
        if wanted.arn is None:
            yield skipped(f"{wanted.what}: `pulumi up` makes the secret, empty; hosts then wait", fix=wanted.fill)
        else:
            yield _of(case, wanted, arn=wanted.arn)
    if not needs_token(case.config):
        yield ok("the model needs no HuggingFace token")


def _wanted(case: Case) -> Iterator[Wanted]:
    config, stack = case.config, case.config.stack
    yield Wanted(
        what="API keys",
        key="endpoint.apiKeysSecretArn",
        arn=config.endpoint.api_keys_secret_arn or case.outputs.get("api_keys_secret_arn"),
        fill=f"python -m ops keys add me --stack {stack}",
    )
    if needs_token(config):
        yield Wanted(
            what="HuggingFace token",
            key="model.tokenSecretArn",
            arn=config.model.token_secret_arn or case.outputs.get("hf_token_secret_arn"),
            fill=f"python -m ops secrets set hf-token --stack {stack} --from-env HF_TOKEN",
        )
    if config.image.pull_through is not None:
        arn = config.image.pull_through.credential_arn
        put = f"aws secretsmanager put-secret-value --secret-id {arn} --secret-string file://docker-hub.json"
        yield Wanted(what="Docker Hub login", key="image.pullThrough.credentialArn", arn=arn, fill=put)


def _of(case: Case, wanted: Wanted, *, arn: str) -> Finding:
    region = arn.split(":")[3] if arn.count(":") > 5 else case.config.region
    try:
        found = case.client("secretsmanager", region=region).describe_secret(SecretId=arn)
    except ClientError as refused:
        if code_of(refused) != "ResourceNotFoundException":
            raise
        fix = f"pulumi up --stack {case.config.stack} --refresh" if case.outputs else f"another vllm:{wanted.key}"
        return error(f"{wanted.what}: there is no secret {arn}", fix=fix)
    if found.get("DeletedDate"):
        return error(
            f"{wanted.what}: {found['Name']} is to be deleted, hosts cannot read it",
            fix=f"aws secretsmanager restore-secret --secret-id {arn} --region {region}",
        )
    versions = found.get("VersionIdsToStages") or {}
    current = next((version for version, stages in versions.items() if CURRENT in stages), None)
    if current is None:
        return error(f"{wanted.what}: {found['Name']} is empty, hosts wait for a value", fix=wanted.fill)
    return ok(f"{wanted.what}: {found['Name']} has a value, version {current}")


CHECK = Check(
    id="secrets",
    asks="Do the secrets of API keys, HuggingFace token and registry login exist, each with a value? Never reads one.",
    look=_look,
    needs="aws",
    calls=("secretsmanager:DescribeSecret",),
)
