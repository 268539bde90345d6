"""The editor's schema is up to date, and agrees with the models on what is good and what is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import schema

Draft7Validator = pytest.importorskip("jsonschema").Draft7Validator  # comes with moto[server]
ROOT = Path(__file__).parents[2]
GOOD = {"aws:region": "us-east-1", "vllm:model": "a/b"}


def accepts(config: dict[str, Any]) -> bool:
    """None: without the key."""
    config = {key: value for key, value in config.items() if value is not None}
    return bool(Draft7Validator(schema.stack_file_schema()).is_valid({"config": config}))


def test_the_committed_schema_is_up_to_date() -> None:
    remedy = "python -m config.schema > config/schema.json"
    assert (ROOT / "config/schema.json").read_text() == schema.render(), remedy


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(json.loads((ROOT / "config/schema.json").read_text()))


@pytest.mark.parametrize("file", sorted(ROOT.glob("Pulumi.*.yaml")), ids=lambda file: file.name)
def test_stack_files_are_good_and_point_to_it(file: Path) -> None:
    text = file.read_text()
    assert "# yaml-language-server: $schema=config/schema.json" in text
    Draft7Validator(schema.stack_file_schema()).validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    "changes",
    [
        {"vllm:model": {"id": "a/b", "revision": "main"}},
        {"vllm:monitoring": {"notify": ["a@example.com", {"secure": "v1:x"}]}},
        {"vllm:endpoint": {"allowedCidrs": {"secure": "v1:x"}}},
        {"vllm:compute": {"tensorParallel": 4}},
        {"vllm:image": {"build": {"packages": ["librosa==0.11.0"]}}},
        {"aws:region": None, "vllm:target": "local", "vllm:compute": {"devices": [0]}},
        {"aws:maxRetries": 5, "pulumi:tags": {"a": "b"}},
    ],
    ids=str,
)
def test_it_takes_what_is_good(changes: dict[str, Any]) -> None:
    assert accepts({**GOOD, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"vllm:servng": {}},
        {"vllm:budget": {"monthlyUsd": 0}},
        {"vllm:encryption": {"ownKey": "yes"}},
        {"model": "a/b"},
        {"vllm:serving": 5},
        {"vllm:serving": {"max_model_len": 8192}},
        {"vllm:serving": {"gpuMemoryUtilization": 1.5}},
        {"vllm:serving": {"maxModelLen": {"secure": "v1:x"}}},
        {"vllm:network": {"mode": "shared"}},
        {"vllm:network": {"egress": "proxy"}},
        {"vllm:endpoint": {"exposure": "world"}},
        {"vllm:tags": {"team": 4711}},
        {"vllm:target": "laptop"},
        {"aws:region": None, "vllm:target": "aws"},
        {"vllm:image": {"build": {"packages": []}}},
        {"vllm:image": {"pullThrough": {}}},
        {"vllm:scaling": {"min": -1}},
        {"vllm:scaling": {"schedules": [{"name": "office"}]}},
        {"vllm:compute": {"capacity": {"block": {}}}},
    ],
    ids=str,
)
def test_it_marks_what_is_not(changes: dict[str, Any]) -> None:
    assert not accepts({**GOOD, **changes})
