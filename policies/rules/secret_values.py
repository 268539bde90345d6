"""Secrets never pass through the program."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, found

PARAMETER = "aws:ssm/parameter:Parameter"
HOLDERS = (
    "aws:secretsmanager/secretVersion:SecretVersion",
    "aws:iam/accessKey:AccessKey",
    "random:index/randomPassword:RandomPassword",
    "tls:index/privateKey:PrivateKey",
)


def check(deployment: Deployment) -> Iterator[Finding]:
    for holder in deployment.of_type(*HOLDERS):
        yield found(holder, "the value of a secret is part of the stack's state")
    for parameter in deployment.of_type(PARAMETER):
        if parameter.inputs.get("type") == "SecureString":
            yield found(parameter, "the value of a secret is part of the stack's state")


RULE = Rule(
    id="secret-values-not-in-state",
    level="mandatory",
    says="No resource has the value of a secret as an input or output.",
    cause="everyone with access to the state file has the API keys, and so have its backups",
    remedy="make the empty aws.secretsmanager.Secret alone; `python -m ops keys add` and `ops secrets set` fill it",
    check=check,
)
