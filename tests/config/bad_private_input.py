"""Rows of ``test_bad_input`` about models from S3 and hosts without the internet, in the form of ``bad_input``."""

from __future__ import annotations

from typing import Any

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:team/token-AbCdEf"
SOURCE = "s3://my-models/llama/1"
MODEL = {"id": "a/b", "source": SOURCE}
ECR = {"repository": "123456789012.dkr.ecr.us-east-1.amazonaws.com/vllm"}
PRIVATE: dict[str, Any] = {"vllm:model": MODEL, "vllm:image": ECR, "vllm:network": {"egress": "endpoints"}}


def _source(value: str, message: str) -> tuple[Any, ...]:
    model = {"vllm:model": {"id": "a/b", "source": value}}
    return (model, "vllm:model.source", value, "s3://, a bucket", "s3://my-models/", message)


BAD_PRIVATE_INPUT: list[tuple[Any, ...]] = [
    _source("https://my-models.s3.amazonaws.com/llama", "this is not s3://"),
    _source("s3://my-models", "this is not s3://"),
    _source("s3://my-models/", "this is not s3://"),
    _source("s3://My_Models/llama", "this is not s3://"),
    _source("s3://my-models/ll*ma", "this is not s3://"),
    _source("s3://my-models/a/../b", "empty, . or .."),
    _source("s3://my-models//llama", "empty, . or .."),
    (
        {"vllm:model": {**MODEL, "revision": "main"}},
        *("vllm:model.revision", "main", "beside model.source", "source:", "are the revision"),
    ),
    (
        {"vllm:model": {**MODEL, "tokenSecretArn": ARN}},
        *("vllm:model.tokenSecretArn", "arn:aws", "beside model.source", "source:", "need no token"),
    ),
    (
        {**PRIVATE, "vllm:model": "a/b"},
        *("vllm:model.source", "nothing", "a prefix in S3", "s3://", "do not reach HuggingFace"),
    ),
    (
        {**PRIVATE, "vllm:image": {}},
        *("vllm:image.repository", "vllm/vllm-openai", "ECR in us-east-1", "123456789012.dkr", "alone"),
    ),
    (
        {**PRIVATE, "vllm:image": {"repository": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/vllm"}},
        *("vllm:image.repository", "eu-west-1", "ECR in us-east-1", "123456789012.dkr", "own region"),
    ),
    (
        {**PRIVATE, "vllm:network": {"egress": "endpoints", "nat": "per_az"}},
        *("vllm:network.nat", "per_az", "nothing, or none", "egress: internet", "remove one"),
    ),
    (
        {**PRIVATE, "vllm:monitoring": {"prometheus": "amp"}},
        *("vllm:monitoring.prometheus", "amp", "image.pullThrough", "none", "Docker Hub"),
    ),
    ({"vllm:network": {"egress": "proxy"}}, "vllm:network.egress", "proxy", "endpoints", "internet", "'endpoints'"),
]
