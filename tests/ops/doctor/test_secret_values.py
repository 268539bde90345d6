"""The check of secrets: there, not on their way out, with a value; which is never read."""

from __future__ import annotations

import pytest

from ops.doctor.checks.secret_values import CHECK
from tests.ops.doctor.clinic import TOKEN, Clinic
from tests.ops.doctor.looking import look

UNGATED = "Qwen/Qwen2.5-1.5B-Instruct"


def outputs(clinic: Clinic, *, keys: str | None = "{}", token: str | None = TOKEN) -> dict[str, str]:
    return {
        "api_keys_secret_arn": clinic.secret("api-keys", value=keys),
        "hf_token_secret_arn": clinic.secret("hf-token", value=token),
    }


def test_full_ones_say_their_version_and_not_their_value(clinic: Clinic) -> None:
    found = look(CHECK, clinic.case(outputs=outputs(clinic)))
    assert [finding.level for finding in found] == ["ok", "ok"]
    assert "has a value, version " in found[0].seen
    assert TOKEN not in str(found)
    assert {call.action for call in clinic.cloud.aws.calls} & {"GetSecretValue"} == set()


def test_empty_ones_are_filled_by_a_command(clinic: Clinic) -> None:
    keys, token = look(CHECK, clinic.case(outputs=outputs(clinic, keys=None, token=None)))
    assert (keys.level, keys.fix) == ("error", "python -m ops keys add me --stack dev")
    assert (token.level, token.fix.startswith("python -m ops secrets set hf-token --stack dev")) == ("error", True)


def test_a_model_that_is_open_needs_no_token(clinic: Clinic) -> None:
    keys, token = look(CHECK, clinic.case(outputs=outputs(clinic, token=None), model=UNGATED))
    assert (keys.level, token.level) == ("ok", "ok")
    assert token.seen == "the model needs no HuggingFace token"


def test_before_up_they_are_only_announced(clinic: Clinic) -> None:
    found = look(CHECK, clinic.case())
    assert [finding.level for finding in found] == ["skipped", "skipped"]
    assert all(finding.fix for finding in found)


def test_given_ones_are_looked_at_before_up(clinic: Clinic) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mine-AbCdEf"
    keys, _ = look(CHECK, clinic.case(endpoint={"apiKeysSecretArn": arn}))
    assert (keys.level, keys.fix) == ("error", "another vllm:endpoint.apiKeysSecretArn")
    there = clinic.secret("team-keys", value="{}")
    assert look(CHECK, clinic.case(endpoint={"apiKeysSecretArn": there}))[0].level == "ok"


@pytest.mark.parametrize("gone", [False, True])
def test_one_that_somebody_deleted(clinic: Clinic, gone: bool) -> None:
    held = outputs(clinic)
    clinic.secrets.delete_secret(SecretId=held["api_keys_secret_arn"], ForceDeleteWithoutRecovery=gone)
    keys = look(CHECK, clinic.case(outputs=held))[0]
    assert keys.level == "error"
    restore = f"aws secretsmanager restore-secret --secret-id {held['api_keys_secret_arn']} --region us-east-1"
    assert keys.fix == ("pulumi up --stack dev --refresh" if gone else restore)


def test_the_login_of_a_pull_through_cache_is_looked_at(clinic: Clinic) -> None:
    arn = clinic.secret("ecr-pullthroughcache/docker-hub", value=None)
    image = {"pullThrough": {"credentialArn": arn}}
    found = look(CHECK, clinic.case(image=image))
    login = next(finding for finding in found if finding.seen.startswith("Docker Hub login"))
    assert (login.level, login.fix.startswith("aws secretsmanager put-secret-value")) == ("error", True)
