"""The environment of vLLM's container: what is in it, and that Docker reads the file as it was meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sizing.plan import LocalPlan
from tests.userdata.builders import make_options, make_plan
from userdata.container import container_environment, env_file_text
from userdata.env import container_env_text


def test_the_environment_of_a_host_is_of_the_plan_and_the_mounts_of_its_script() -> None:
    assert container_env_text(make_options()).splitlines() == [
        "CUDA_CACHE_PATH=/cache/vllm/cuda",
        "FLASHINFER_WORKSPACE_BASE=/cache/vllm",
        "HF_HOME=/cache/huggingface",
        "HF_TOKEN_PATH=/run/secrets/vllm/hf_token",
        "HOME=/tmp",
        "TRITON_HOME=/cache/vllm",
        "USER=vllm",
        "VLLM_CACHE_ROOT=/cache/vllm",
        "VLLM_ENGINE_READY_TIMEOUT_S=900",
        "VLLM_HTTP_TIMEOUT_KEEP_ALIVE=330",
        "VLLM_MEDIA_URL_ALLOW_REDIRECTS=0",
        "VLLM_NO_USAGE_STATS=1",
    ]


def test_on_a_cpu_the_kv_cache_has_the_size_that_was_planned() -> None:
    def named(local: LocalPlan | None) -> str | None:
        plan = replace(make_plan(), local=local)
        return container_environment(plan, hf_home="/a", cache_root="/b").get("VLLM_CPU_KVCACHE_SPACE")

    assert named(LocalPlan(gpus=None, cpu_kv_space_gib=6)) == "6"
    assert named(LocalPlan(gpus="device=0")) is None
    assert named(None) is None


@pytest.mark.parametrize("value", ["", "two\nlines", "tab\t"])
def test_what_an_env_file_cannot_hold_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="HF_HOME must be one line"):
        env_file_text({"HF_HOME": value})


def test_a_value_is_not_quoted_because_docker_would_take_the_quotes_for_a_part_of_it() -> None:
    assert env_file_text({"B": 'a "b" $c', "A": "1"}) == 'A=1\nB=a "b" $c\n'
