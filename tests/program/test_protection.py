"""Encryption, the metadata service, secrets, and what survives a destroy."""

from __future__ import annotations

import json
import re

import pytest

from rehearsal.graph.values import SECRET, UNKNOWN
from tests.program.cases import Case, load_case, variant_case

SECRET_SHAPES = {
    "HuggingFace token": r"\bhf_[A-Za-z0-9]{16,}",
    "API key": r"\bsk-[A-Za-z0-9_-]{16,}",
    "AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{20,}",
    "Pulumi ciphertext": r"\bv1:[A-Za-z0-9+/=]{8,}:",
}
BUCKET = "aws:s3/bucket:Bucket"
SSE = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
VOLUME = "aws:ebs/volume:Volume"


def everything(case: Case) -> str:
    """All text that leaves the program: inputs, outputs, log lines, and the user data as a host reads it."""
    resources = json.dumps([resource.as_dict() for resource in case.graph])
    return "\n".join([resources, *(message.text for message in case.graph.messages), case.user_data])


def test_every_disk_is_encrypted(case: Case) -> None:
    template = case.only("aws:ec2/launchTemplate:LaunchTemplate")
    disks = [mapping["ebs"] for mapping in template.inputs["blockDeviceMappings"]]
    assert [disk["encrypted"] for disk in disks] == ["true"]
    assert [disk["volumeSize"] for disk in disks] == [case.plan.root_volume_gib]
    assert all(volume.inputs["encrypted"] is True for volume in case.graph.of_type(VOLUME))


def test_every_bucket_is_encrypted_and_private(case: Case) -> None:
    buckets = {str(bucket.urn) for bucket in case.graph.of_type(BUCKET)}
    assert buckets
    for guard in (SSE, ACCESS_BLOCK):
        assert {urn for item in case.graph.of_type(guard) for urn in item.property_dependencies["bucket"]} == buckets
    for encryption in case.graph.of_type(SSE):
        (rule,) = encryption.inputs["rules"]
        assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] in ("AES256", "aws:kms")
    for block in case.graph.of_type(ACCESS_BLOCK):
        assert all(value is True for key, value in block.inputs.items() if key != "bucket")


def test_alarms_can_publish_to_every_topic(case: Case) -> None:
    """CloudWatch may not use the AWS-managed key alias/aws/sns: such a topic would be silent."""
    topics = case.graph.of_type("aws:sns/topic:Topic")
    assert topics
    assert not [topic.name for topic in topics if topic.inputs.get("kmsMasterKeyId") == "alias/aws/sns"]


def test_the_metadata_service_needs_a_token_and_stays_out_of_containers(case: Case) -> None:
    options = case.only("aws:ec2/launchTemplate:LaunchTemplate").inputs["metadataOptions"]
    assert options["httpEndpoint"] == "enabled"
    assert options["httpTokens"] == "required"
    assert options["httpPutResponseHopLimit"] == 1


def test_a_host_sees_its_tags(case: Case) -> None:
    """By one it learns that its keys have changed."""
    options = case.only("aws:ec2/launchTemplate:LaunchTemplate").inputs["metadataOptions"]
    assert options["instanceMetadataTags"] == "enabled"


@pytest.mark.parametrize("kind", SECRET_SHAPES)
def test_nothing_in_the_graph_looks_like_a_secret(case: Case, kind: str) -> None:
    assert re.findall(SECRET_SHAPES[kind], everything(case)) == []


def test_the_shapes_do_match_secrets() -> None:
    samples = {
        "HuggingFace token": "hf_" + "a" * 34,
        "API key": "sk-" + "a" * 32,
        "AWS access key": "AKIA" + "A" * 16,
        "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
        "GitHub token": "ghp_" + "a" * 36,
        "Pulumi ciphertext": "v1:" + "abcdefgh" + ":" + "ijklmnop",
    }
    assert [kind for kind, text in samples.items() if not re.search(SECRET_SHAPES[kind], text)] == []


def test_encrypted_configuration_never_reaches_the_graph() -> None:
    canary = "v1:CanaryCanary:canaryCANARYcanary"
    case = variant_case(
        name="canary",
        changes={
            "aws:secretKey": {"secure": canary},
            "aws:assumeRoles": [{"roleArn": {"secure": canary}}],
            "vllm:monitoring": {"notify": [{"secure": canary}]},
        },
    )
    assert "canary" not in everything(case).lower()


def test_secrets_are_created_empty(case: Case) -> None:
    own = [case.config.endpoint.api_keys_secret_arn, case.config.model.token_secret_arn]
    secrets = case.graph.of_type("aws:secretsmanager/secret:Secret")
    assert len(secrets) == own.count(None)
    assert not [resource.type for resource in case.graph if resource.type.startswith("aws:ssm/")]
    other = {item.type for item in case.graph if item.type.startswith("aws:secretsmanager/")}
    assert other <= {"aws:secretsmanager/secret:Secret"}


def test_secrets_are_named_by_the_engine_and_kept_only_by_stacks_that_protect_their_cache(case: Case) -> None:
    """A deleted secret keeps its name for the window, which a stack that comes and goes would run into."""
    for secret in case.graph.of_type("aws:secretsmanager/secret:Secret"):
        assert "name" not in secret.inputs
        assert secret.inputs["recoveryWindowInDays"] == (30 if case.config.cache.protect else 0)


def test_hosts_get_the_arns_of_the_secrets(case: Case) -> None:
    if case.config.endpoint.api_keys_secret_arn:
        assert case.host_environment["API_KEYS_SECRET_ARN"] == case.config.endpoint.api_keys_secret_arn
    for variable in ("API_KEYS_SECRET_ARN", "HF_TOKEN_SECRET_ARN"):
        prefix = f"arn:aws:secretsmanager:{case.config.region}:123456789012:secret:"
        assert case.host_environment[variable].startswith(prefix)


def test_cache_its_key_and_load_balancer_alone_are_protected_as_the_configuration_says(case: Case) -> None:
    protected = {resource.urn for resource in case.graph if resource.protect}
    volumes = {volume.urn for volume in case.graph.of_type(VOLUME)} if case.config.cache.protect else set()
    balancer = {case.only(BALANCER).urn} if case.config.endpoint.deletion_protection else set()
    key = {item.urn for item in case.graph.of_type("aws:kms/key:Key")} if case.config.cache.protect else set()
    assert protected == volumes | balancer | key


def test_prod_protects_both() -> None:
    protected = {resource.type for resource in load_case("prod").graph if resource.protect}
    assert protected == {VOLUME, BALANCER}


def test_aws_and_pulumi_agree_about_the_load_balancer(case: Case) -> None:
    """AWS's refusal alone would come in the middle of a destroy."""
    balancer = case.only(BALANCER)
    assert balancer.inputs["enableDeletionProtection"] is balancer.protect


def test_every_value_of_the_graph_is_known_without_an_account(case: Case) -> None:
    """An unknown here is an output that rehearsal/graph/data/answers.json lacks: the graph would hide what follows.

    The one secret is the password, good for hours, with which an own image is pushed.
    """
    text = everything(case)
    assert UNKNOWN not in text
    assert text.count(SECRET) == len(case.graph.of_type("docker:index/image:Image"))
