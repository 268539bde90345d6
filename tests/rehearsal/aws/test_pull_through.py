"""Pull-through rules of the emulated ECR, as the API reference describes them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.server import EmulatedAws

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/docker-hub-AbCdEf"
RULE = {
    "ecrRepositoryPrefix": "vllm-dev",
    "upstreamRegistryUrl": "registry-1.docker.io",
    "credentialArn": SECRET,
}


@pytest.fixture(scope="module")
def ecr() -> Any:
    with EmulatedAws() as aws:
        yield aws.client("ecr")


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return str(refused.value.response["Error"]["Code"])


def test_a_rule_is_made_shown_changed_and_deleted(ecr: Any) -> None:
    made = ecr.create_pull_through_cache_rule(**RULE)
    assert {key: made[key] for key in RULE} == RULE
    assert refusal(ecr.create_pull_through_cache_rule, **RULE) == "PullThroughCacheRuleAlreadyExistsException"
    other = f"{SECRET}2"
    ecr.update_pull_through_cache_rule(ecrRepositoryPrefix="vllm-dev", credentialArn=other)
    (shown,) = ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=["vllm-dev"])["pullThroughCacheRules"]
    assert shown["credentialArn"] == other
    ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix="vllm-dev")
    assert ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"] == []
    gone = refusal(ecr.describe_pull_through_cache_rules, ecrRepositoryPrefixes=["vllm-dev"])
    assert gone == "PullThroughCacheRuleNotFoundException"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"credentialArn": SECRET.replace("ecr-pullthroughcache/", "")}, "InvalidParameterException"),
        ({"ecrRepositoryPrefix": "vllm-Dev"}, "InvalidParameterException"),
        ({"ecrRepositoryPrefix": "v" * 31}, "InvalidParameterException"),
    ],
)
def test_what_ecr_refuses_is_refused(ecr: Any, change: dict[str, str], code: str) -> None:
    assert refusal(ecr.create_pull_through_cache_rule, **(RULE | change)) == code


def test_docker_hub_needs_a_secret(ecr: Any) -> None:
    without = {key: value for key, value in RULE.items() if key != "credentialArn"}
    assert refusal(ecr.create_pull_through_cache_rule, **without) == "UnsupportedUpstreamRegistryException"
