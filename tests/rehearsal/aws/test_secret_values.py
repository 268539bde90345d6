"""The current value of a secret follows the label AWSCURRENT."""

from __future__ import annotations

from rehearsal.aws.server import EmulatedAws


def test_a_value_whose_label_became_current_is_what_everybody_reads() -> None:
    with EmulatedAws() as aws:
        client = aws.client("secretsmanager")
        first = client.create_secret(Name="keys", SecretString="first")["VersionId"]
        second = client.put_secret_value(SecretId="keys", SecretString="second", VersionStages=["next"])["VersionId"]
        assert client.get_secret_value(SecretId="keys")["SecretString"] == "first"
        client.update_secret_version_stage(
            SecretId="keys", VersionStage="AWSCURRENT", MoveToVersionId=second, RemoveFromVersionId=first
        )
        assert client.get_secret_value(SecretId="keys")["SecretString"] == "second"
        assert client.get_secret_value(SecretId="keys", VersionStage="AWSPREVIOUS")["SecretString"] == "first"
