"""The API keys of a stack on AWS: one secret, changed by compare-and-swap."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.api_keys import Keys, KeyStore, keys_of, text_of
from ops.clients import aws_errors, code_of
from ops.errors import failure

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CURRENT = "AWSCURRENT"
MAX_SECRET_BYTES = 65_536  # PutSecretValue, SecretString
MAX_ATTEMPTS = 10
DAMAGED = "the secret holds something else; put it right in Secrets Manager (its former value is AWSPREVIOUS)"


@dataclass(frozen=True, kw_only=True)
class SecretKeyStore(KeyStore):
    client: SecretsManagerClient
    secret_arn: str

    def read(self) -> Keys:
        return self._current()[0]

    def version(self) -> str | None:
        """Of the current value; None while there is none."""
        with aws_errors("read the version of the stack's API keys"):
            versions = self.client.describe_secret(SecretId=self.secret_arn).get("VersionIdsToStages", {})
        return next((version for version, stages in versions.items() if CURRENT in stages), None)

    def _change(self, change: Callable[[Keys], Keys]) -> None:
        for _ in range(MAX_ATTEMPTS):
            keys, version = self._current()
            if self._swap(_fitting(change(keys)), expected_version=version):
                return
        raise failure(path="API keys", message=f"others changed the keys {MAX_ATTEMPTS} times meanwhile: try again")

    def _current(self) -> tuple[Keys, str | None]:
        with aws_errors("read the stack's API keys"):
            try:
                answer = self.client.get_secret_value(SecretId=self.secret_arn, VersionStage=CURRENT)
            except ClientError as error:
                if code_of(error) == "ResourceNotFoundException" and self._exists():
                    return {}, None
                raise
        return keys_of(answer.get("SecretString", ""), damaged=DAMAGED), answer["VersionId"]

    def _exists(self) -> bool:
        """A secret without a value answers GetSecretValue as one that does not exist."""
        self.client.describe_secret(SecretId=self.secret_arn)
        return True

    def _swap(self, value: str, *, expected_version: str | None) -> bool:
        """Make ``value`` current unless another version has become so meanwhile; False then.

        PutSecretValue has no condition, but UpdateSecretVersionStage has: it "fails" when the label is not on
        RemoveFromVersionId. So the value goes in under a label of its own, and the label moves. The first
        version of a secret gets AWSCURRENT at once, whatever label was asked for.
        """
        label = f"vllm-ops-{uuid.uuid4()}"
        with aws_errors("store the stack's API keys"):
            put = self.client.put_secret_value(
                SecretId=self.secret_arn,
                SecretString=value,
                VersionStages=[label],
                ClientRequestToken=str(uuid.uuid4()),
            )
            version = put["VersionId"]
            moved = CURRENT in put.get("VersionStages", []) or self._move_label(version, expected_version)
            # Without a label the version is deprecated, and AWS deletes it in time.
            self.client.update_secret_version_stage(
                SecretId=self.secret_arn, VersionStage=label, RemoveFromVersionId=version
            )
        return moved

    def _move_label(self, version: str, expected_version: str | None) -> bool:
        where: dict[str, Any] = {"RemoveFromVersionId": expected_version} if expected_version else {}
        try:
            self.client.update_secret_version_stage(
                SecretId=self.secret_arn, VersionStage=CURRENT, MoveToVersionId=version, **where
            )
        except ClientError as error:
            if code_of(error) in ("InvalidParameterException", "InvalidRequestException"):
                return False
            raise
        return True


def _fitting(keys: Keys) -> str:
    text = text_of(keys)
    if len(text.encode()) > MAX_SECRET_BYTES:
        raise failure(path="API keys", message=f"{len(keys)} keys are more than a secret can hold: revoke some")
    return text
