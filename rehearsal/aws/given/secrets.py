"""A secret without a value, by its whole ARN.

CreateSecret, Name: "Secrets Manager automatically adds a hyphen and six random characters after the secret name at the
end of the ARN." Whoever names the ARN names these, too.
"""

from __future__ import annotations

from moto.secretsmanager.models import secretsmanager_backends

from rehearsal.aws.given.chosen import ACCOUNT, region_of

_SUFFIX = 7  # the hyphen and its six characters


def make_secret(arn: str) -> None:
    backend = secretsmanager_backends[ACCOUNT][region_of(arn)]
    if arn not in backend.secrets:
        name = arn.partition(":secret:")[2][:-_SUFFIX]
        secret, _ = backend._add_secret(name)
        secret.arn = arn
