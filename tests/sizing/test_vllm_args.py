"""The arguments as passed: complete, in a fixed order, and without secrets."""

from __future__ import annotations

from collections.abc import Callable

from config.models import StackConfig
from sizing.flags import pinned_flags
from sizing.planner import make_plan

ConfigOf = Callable[..., StackConfig]


def test_arguments_of_the_dev_stack(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(serving={"maxModelLen": 8192, "gpuMemoryUtilization": 0.90}))
    assert plan.vllm_args == (
        "meta-llama/Llama-3.1-8B-Instruct",
        *("--served-model-name", "meta-llama/Llama-3.1-8B-Instruct"),
        *("--tensor-parallel-size", "1"),
        *("--max-model-len", "8192"),
        *("--gpu-memory-utilization", "0.9"),
        *("--max-num-seqs", str(plan.requests)),
        *("--max-num-batched-tokens", "2048"),
        *("--max-num-queued-reqs", str(2 * plan.requests)),
        *("--sse-keep-alive-interval", "15"),
        *("--safetensors-load-strategy", "prefetch"),
        *("--shutdown-timeout", str(plan.timers.shutdown_timeout_s)),
        *("--port", "8000"),
    )


def test_every_wish_becomes_an_argument(config_of: ConfigOf) -> None:
    plan = make_plan(
        config_of(
            {
                "id": "meta-llama/Llama-3.1-8B-Instruct",
                "revision": "main",
                "servedName": "chat",
                "quantization": "fp8",
            },
            serving={
                "maxModelLen": 4096,
                "kvCacheDtype": "fp8",
                "maxNumSeqs": 32,
                "maxNumBatchedTokens": 4096,
                "extraArgs": {"enable-auto-tool-choice": True, "tool-call-parser": "llama3_json"},
            },
        )
    )
    pairs = dict(zip(plan.vllm_args, plan.vllm_args[1:], strict=False))
    assert pairs["--revision"] == "main"
    assert pairs["--served-model-name"] == plan.served_name == "chat"
    assert pairs["--quantization"] == pairs["--kv-cache-dtype"] == "fp8"
    assert (pairs["--max-num-seqs"], pairs["--max-num-batched-tokens"]) == ("32", "4096")
    assert plan.vllm_args[-3:] == ("--enable-auto-tool-choice", "--tool-call-parser", "llama3_json")


def test_requests_asked_for_raise_the_sequences(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(serving={"maxModelLen": 4096, "concurrency": 400, "typicalTokens": 256}))
    pairs = dict(zip(plan.vllm_args, plan.vllm_args[1:], strict=False))
    assert int(pairs["--max-num-seqs"]) >= 400


def test_every_flag_is_one_of_the_pinned_vllm(config_of: ConfigOf) -> None:
    plan = make_plan(config_of())
    flags = [argument.removeprefix("--") for argument in plan.vllm_args if argument.startswith("--")]
    assert all(pinned_flags().find(flag) for flag in flags)


def test_an_image_by_digest(config_of: ConfigOf) -> None:
    digest = "sha256:" + "0" * 64
    assert make_plan(config_of(image={"digest": digest})).image == f"vllm/vllm-openai@{digest}"
