"""API keys, the model's token, encryption keys and certificates."""

from __future__ import annotations

from collections.abc import Iterator

from review.consequences.facts import LISTENER, SECRET, Facts, named
from review.model import Consequence, Risk

ENCRYPTED_BY = ("kmsKeyId", "kmsMasterKeyId", "kmsKeyArn")
KEY = "aws:kms/key:Key"


def consequences(facts: Facts) -> Iterator[Consequence]:
    for secret in facts.anew(SECRET):
        what = (
            "All API keys" if "key" in secret.name else "The model's token" if "token" in secret.name else "Its values"
        )
        how = "`ops keys add`" if "key" in secret.name else "`ops secrets set hf-token`"
        yield Consequence(
            id="secret-lost",
            risk=Risk.HIGH,
            text=f"{what} in the secret `{secret.name}` are lost with it. Where a new one takes its place it is empty, "
            f"and hosts wait for {how}.",
        )
    encrypted = {
        change.urn: change for change in facts.changes for each in change.properties if each.name in ENCRYPTED_BY
    }
    if encrypted:
        yield Consequence(
            id="key-changed",
            risk=Risk.LOW,
            text=f"Another KMS key encrypts {named(list(encrypted.values()))} from now on. The old key must stay for "
            "as long as anything is encrypted with it.",
        )
    for key in facts.anew(KEY):
        yield Consequence(
            id="kms-key-gone",
            risk=Risk.HIGH,
            text=f"The KMS key `{key.name}` is scheduled for deletion: what it encrypts can then never be read again.",
        )
    for change, each in facts.properties(LISTENER, names=("certificateArn",)):
        yield Consequence(
            id="certificate",
            risk=Risk.LOW,
            text=f"`{change.name}` shows another certificate, without a gap: {each.after} in place of {each.before}. "
            "It must be for the name that clients use.",
        )
