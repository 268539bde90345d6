"""What `ops render` shows of a stack that does not exist yet: real names where they are known."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from config.parse import parse
from ops.render import names_of
from sizing.prepare import prepare
from userdata.options import PROMETHEUS_IMAGE, host_options
from userdata.render import cloud_config

BASE: dict[str, Any] = {
    "aws:region": "us-east-1",
    "vllm:model": {"id": "Qwen/Qwen2.5-7B-Instruct"},
    "vllm:monitoring": {"prometheus": "amp"},
}
PULL = {"credentialArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/hub-AbCdEf"}


@pytest.mark.parametrize(
    ("image", "vllm", "prometheus"),
    [
        ({}, "vllm/vllm-openai:v0.32.0", PROMETHEUS_IMAGE),
        ({"build": {"packages": ["a==1"]}}, "[image]", PROMETHEUS_IMAGE),
        ({"pullThrough": PULL}, "[image]", "[prometheus-image]"),
    ],
    ids=["named", "built", "cached"],
)
def test_images_are_named_where_the_stack_makes_or_caches_none(image: object, vllm: str, prometheus: str) -> None:
    loaded = parse(stack="new", raw={**BASE, "vllm:image": image})
    config, plan = prepare(loaded)
    text = cloud_config(host_options(config=config, plan=plan, names=names_of(config)))
    files = {entry["path"]: entry["content"] for entry in yaml.safe_load(text)["write_files"]}
    assert f'\nIMAGE="{vllm}"' in files["/etc/vllm/vllm.env"]
    assert f'REMOTE_WRITE_IMAGE="{prometheus}"' in files["/etc/vllm/vllm.env"]
    assert yaml.safe_load(files["/etc/vllm/remote-write.yaml"])["remote_write"][0]["url"] == "[remote-write-url]"
