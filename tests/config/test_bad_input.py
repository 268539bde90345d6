"""Every way to write a stack file wrongly that config sees, and what the report says about it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from config.errors import Problem
from config.parse import parse
from tests.config.bad_fleet_input import BAD_FLEET_INPUT, GOOD_FLEETS
from tests.config.bad_input import BAD_INPUT
from tests.config.bad_key_input import BAD_KEY_INPUT
from tests.config.bad_network_input import BAD_NETWORK_INPUT
from tests.config.bad_private_input import BAD_PRIVATE_INPUT, PRIVATE

ROWS = (*BAD_INPUT, *BAD_FLEET_INPUT, *BAD_KEY_INPUT, *BAD_NETWORK_INPUT, *BAD_PRIVATE_INPUT)
GOOD: Mapping[str, object] = {"aws:region": "us-east-1", "vllm:model": "meta-llama/Llama-3.1-8B-Instruct"}


def problems(changes: Mapping[str, object]) -> tuple[Problem, ...]:
    return parse(stack="dev", raw={**GOOD, **changes}).problems


@pytest.mark.parametrize(
    ("changes", "path", "given", "allowed", "example", "message"), ROWS, ids=[str(row[0]) for row in ROWS]
)
def test_bad_input_is_named_with_what_is_allowed_and_a_good_example(
    changes: Mapping[str, object], path: str, given: str, allowed: str, example: str, message: str
) -> None:
    (problem,) = problems(changes)
    assert problem.path == path
    assert given in problem.given
    assert allowed in problem.allowed
    assert problem.example.startswith(example)
    assert message in problem.message


def test_everything_wrong_is_in_one_report() -> None:
    found = problems(
        {
            "aws:region": "mars",
            "vllm:model": {"id": "https://huggingface.co/a/b", "revisoin": "x"},
            "vllm:compte": {},
            "vllm:serving": {"gpuMemoryUtilization": 1.5, "maxModelLen": "x"},
            "vllm:scaling": {"min": 2, "max": 1},
            "vllm:endpoint": {"exposure": "public"},
            "vllm:network": {"mode": "existing", "nat": "single"},
            "vllm:image": 7,
        }
    )
    assert sorted(problem.path for problem in found) == [
        "aws:region",
        "vllm:compte",
        "vllm:endpoint.certificateArn",
        "vllm:image",
        "vllm:model.id",
        "vllm:model.revisoin",
        "vllm:network.nat",
        "vllm:network.privateSubnetIds",
        "vllm:network.publicSubnetIds",
        "vllm:network.vpcId",
        "vllm:scaling.min",
        "vllm:serving.gpuMemoryUtilization",
        "vllm:serving.maxModelLen",
    ]


def test_what_is_valid_is_kept_beside_what_is_not() -> None:
    loaded = parse(stack="dev", raw={**GOOD, "vllm:serving": {"maxModelLen": 4096, "concurrency": "many"}})
    assert loaded.config is not None
    assert (loaded.config.serving.max_model_len, loaded.config.serving.concurrency) == (4096, None)
    assert len(loaded.problems) == 1


def test_without_a_usable_model_there_is_no_config() -> None:
    assert parse(stack="dev", raw={"aws:region": "us-east-1"}).config is None
    assert parse(stack="dev", raw={**GOOD, "vllm:model": "a b"}).config is None


def test_an_unknown_region_does_not_make_good_zones_wrong() -> None:
    (problem,) = problems({"aws:region": "mars", "vllm:network": {"zones": ["eu-west-1a", "eu-west-1b"]}})
    assert problem.path == "aws:region"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"vllm:model": {"id": "gpt2"}},
        {"vllm:model": '{"id": "a/b"}'},
        {"vllm:serving": None},
        {f"vllm:{name}": "{}" for name in ("serving", "compute", "network", "scaling", "monitoring", "image")},
        {"vllm:serving": {}},
        {"vllm:serving": {"gpuMemoryUtilization": 1, "maxModelLen": None}},
        {"vllm:serving": {"extraArgs": {"seed": 1, "enforce-eager": True, "middleware": ["a", "b"], "x.y": 0.5}}},
        {"vllm:network": {"cidr": "192.168.4.0/24", "nat": "per_az", "zones": ["us-east-1a", "us-east-1f"]}},
        {"vllm:monitoring": {"prometheus": "amp", "scrapeFrom": ["sg-01234567", "10.0.8.0/24"]}},
        {"vllm:monitoring": {"prometheus": "none", "scrapeFrom": []}},
        {"vllm:image": {"tag": "v0.22.1"}},
        {"vllm:image": {"tag": "0.31.0-gpu-py312-cu130-ubuntu22.04-ec2", "repository": "localhost:5000/vllm"}},
        {"vllm:image": {"tag": "latest", "digest": "sha256:" + "0" * 64}},
        PRIVATE,
        {
            **PRIVATE,
            "vllm:network": {"egress": "endpoints", "nat": "none"},
            "vllm:image": {"build": {"packages": ["a==1"]}},
        },
        {"vllm:model": {"id": "a/b", "source": "s3://my-models/llama/1/"}},
        {"vllm:scaling": {"min": 2}},
        {"vllm:scaling": {"min": 2, "max": 2}},
        *GOOD_FLEETS,
        {"vllm:compute": {"tensorParallel": "auto", "instanceType": "p5.48xlarge", "gpu": "A100 80GB"}},
        {"aws:region": "us-gov-west-1", "pulumi:disable-default-providers": ["kubernetes"], "aws:maxRetries": 5},
    ],
    ids=str,
)
def test_good_input_is_not_complained_about(changes: Mapping[str, object]) -> None:
    assert problems(changes) == ()
