"""The API keys of a stack: one JSON secret, changed by compare-and-swap so that no concurrent change is lost.

Shape: ``{"keys": {"<name>": {"key": "sk-...", "created": "<ISO time>"}}}``.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.clients import aws_errors, code_of
from ops.errors import OpsError, failure

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CURRENT = "AWSCURRENT"
MAX_SECRET_BYTES = 65_536  # PutSecretValue, SecretString
MAX_ATTEMPTS = 10
KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """``created``: ISO 8601, UTC. The key stays out of ``repr``, and so out of every log."""

    name: str
    key: str
    created: str

    @property
    def last4(self) -> str:
        return self.key[-4:]

    def __repr__(self) -> str:
        return f"ApiKey(name={self.name!r}, key='...{self.last4}', created={self.created!r})"


Keys = Mapping[str, ApiKey]


def new_key() -> str:
    """A key that nobody can guess, in the shape that OpenAI clients expect."""
    return "sk-" + secrets.token_urlsafe(KEY_BYTES)


@dataclass(frozen=True, kw_only=True)
class KeyStore:
    client: SecretsManagerClient
    secret_arn: str

    def read(self) -> Keys:
        """All keys by name, in the order in which they were added; empty for a secret without a value."""
        return self._current()[0]

    def add(self, key: ApiKey) -> None:
        """OpsError when the name is taken."""

        def change(keys: Keys) -> Keys:
            if key.name in keys:
                raise failure(
                    path=f"key {key.name}",
                    given=f"made {keys[key.name].created}, ends in {keys[key.name].last4}",
                    message="there is a key of this name already: take another name, or revoke it first",
                )
            return {**keys, key.name: key}

        self._change(change)

    def revoke(self, name: str) -> None:
        """OpsError when there is no such key, and for the last one: vLLM without any key lets everybody in."""

        def change(keys: Keys) -> Keys:
            if name not in keys:
                raise failure(
                    path=f"key {name}",
                    allowed=", ".join(keys) or "no key has been added yet",
                    message="there is no key of this name",
                )
            if len(keys) == 1:
                raise failure(
                    path=f"key {name}",
                    message="this is the only key, and hosts do not start without one: add another first",
                )
            return {other: key for other, key in keys.items() if other != name}

        self._change(change)

    def _change(self, change: Callable[[Keys], Keys]) -> None:
        for _ in range(MAX_ATTEMPTS):
            keys, version = self._current()
            if self._swap(_dump(change(keys)), expected_version=version):
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
        return _load(answer.get("SecretString", "")), answer["VersionId"]

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


def _load(text: str) -> dict[str, ApiKey]:
    try:
        entries = json.loads(text)["keys"]
        return {name: ApiKey(name=name, key=entry["key"], created=entry["created"]) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _damaged() from None


def _damaged() -> OpsError:
    return failure(
        path="API keys",
        given="[hidden]",
        allowed='{"keys": {"NAME": {"key": "sk-...", "created": "2026-01-31T12:00:00+00:00"}}}',
        message="the secret holds something else; put it right in Secrets Manager (its former value is AWSPREVIOUS)",
    )


def _dump(keys: Keys) -> str:
    entries = {key.name: {"key": key.key, "created": key.created} for key in keys.values()}
    text = json.dumps({"keys": entries})
    if len(text.encode()) > MAX_SECRET_BYTES:
        raise failure(path="API keys", message=f"{len(keys)} keys are more than a secret can hold: revoke some")
    return text
