"""A secret's current value is the one with the label AWSCURRENT; moto answers with the one that had it first.

GetSecretValue: "If you don't specify either a VersionStage or VersionId, Secrets Manager returns the AWSCURRENT
version." UpdateSecretVersionStage moves that label, and ``ops keys`` changes the keys so.
"""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import SecretsManagerBackend

from rehearsal.aws.patch import Method, wrap

_CURRENT = "AWSCURRENT"


def install() -> None:
    wrap(SecretsManagerBackend, "update_secret_version_stage", _update_secret_version_stage)


def _update_secret_version_stage(original: Method) -> Method:
    def update(self: SecretsManagerBackend, secret_id: str, *args: Any, **kwargs: Any) -> Any:
        answer = original(self, secret_id, *args, **kwargs)
        secret: Any = self.secrets[secret_id]
        for version_id, version in secret.versions.items():
            if _CURRENT in version["version_stages"]:
                secret.set_default_version_id(version_id)
        return answer

    return update
