"""What cannot work stops before any resource, naming the key, the value, what is allowed and a good example."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.errors import ConfigError, Problem
from config.loaded import Loaded
from config.models import StackConfig
from sizing.catalog import load_catalog
from sizing.planner import make_plan
from sizing.prepare import prepare

ProblemsOf = Callable[..., tuple[Problem, ...]]
ConfigOf = Callable[..., StackConfig]

LLAMA_70B = "meta-llama/Llama-3.1-70B-Instruct"

CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    # name: sections, path, part of the message, part of what is allowed
    "unknown model": ({"model": "no/such"}, "model.id", "not in the catalogue", "model.configFile"),
    "incomplete model": ({"model": "deepseek-ai/DeepSeek-V4-Flash"}, "model.id", "compressed", "model.configFile"),
    "no config file": (
        {"model": {"id": "no/such", "configFile": "absent.json"}},
        "model.configFile",
        "No such file",
        "config.json",
    ),
    "heads not divided": (
        {"compute": {"tensorParallel": 3}},
        "compute.tensorParallel",
        "32 attention heads",
        "1, 2, 4",
    ),
    "more gpus than any machine": ({"compute": {"tensorParallel": 16}}, "compute.tensorParallel", "8 GPUs", "1, 2, 4"),
    "more gpus than the machine": (
        {"compute": {"tensorParallel": 2, "instanceType": "g6.2xlarge"}},
        "compute.tensorParallel",
        "g6.2xlarge has 1 GPU",
        "one of 1",
    ),
    "longer than the model": ({"serving": {"maxModelLen": 200_000}}, "serving.maxModelLen", "131072", "1 to 131072"),
    "unknown size": ({"compute": {"instanceType": "g6.3xlarge"}}, "compute.instanceType", "no such size", "g6.2xlarge"),
    "unknown family": ({"compute": {"instanceType": "g9.2xlarge"}}, "compute.instanceType", "not known", "g6"),
    "no gpu": ({"compute": {"instanceType": "m5.large"}}, "compute.instanceType", "no GPU", "g6"),
    "arm": ({"compute": {"instanceType": "g5g.xlarge"}}, "compute.instanceType", "ARM", "g6"),
    "not nvidia": ({"compute": {"instanceType": "trn1.2xlarge"}}, "compute.instanceType", "NVIDIA", "g6"),
    "fraction of a gpu": ({"compute": {"instanceType": "g6f.xlarge"}}, "compute.instanceType", "fraction", "g6"),
    "v100": ({"compute": {"instanceType": "p3.2xlarge"}}, "compute.instanceType", "V100", "g6"),
    "v100 by name": ({"compute": {"gpu": "V100"}}, "compute.gpu", "runs the pinned vLLM", "L40S"),
    "two gpus named": (
        {"compute": {"gpu": "L4", "instanceType": "g5.2xlarge"}},
        "compute.gpu",
        "another GPU",
        "A10G",
    ),
    "gpu too old for the format": (
        {"model": "openai/gpt-oss-20b", "compute": {"instanceType": "g4dn.2xlarge"}},
        "compute.instanceType",
        "mxfp4 needs 8.0",
        "8.0 or newer",
    ),
    "gpu without bfloat16": (
        {"model": "google/gemma-3-27b-it", "compute": {"instanceType": "g4dn.12xlarge"}},
        "compute.instanceType",
        "float16",
        "8.0 or newer",
    ),
    "format that vllm dropped": ({"model": "unsloth/phi-4-bnb-4bit"}, "model.id", "bitsandbytes", "16 bits"),
    "method that vllm lacks": (
        {"model": {"id": LLAMA_70B, "quantization": "bitsandbytes"}},
        "model.quantization",
        "no such method",
        "awq",
    ),
    "method that needs its own checkpoint": (
        {"model": {"id": LLAMA_70B, "quantization": "awq"}},
        "model.quantization",
        "stored in 16 bits",
        "fp8",
    ),
    "method of another checkpoint": (
        {"model": {"id": "openai/gpt-oss-20b", "quantization": "fp8"}},
        "model.quantization",
        "stored with mxfp4",
        "mxfp4",
    ),
    "cache type that vllm lacks": ({"serving": {"kvCacheDtype": "fp16"}}, "serving.kvCacheDtype", "no such", "fp8"),
    "fewer sequences than requests": (
        {"serving": {"maxNumSeqs": 4, "concurrency": 8}},
        "serving.maxNumSeqs",
        "at most 4",
        "8",
    ),
    "smaller step than requests": (
        {"serving": {"maxNumBatchedTokens": 4, "concurrency": 8}},
        "serving.maxNumBatchedTokens",
        "one token per step",
        "8",
    ),
    "slot too small": ({"cache": {"sizeGib": 20}}, "cache.sizeGib", "container image", "at least 55"),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_with_the_key_and_a_way_out(name: str, problems_of: ProblemsOf) -> None:
    sections, path, message, allowed = CASES[name]
    (problem,) = problems_of(**sections)
    assert problem.path == f"vllm:{path}"
    assert message in problem.message
    assert allowed in problem.allowed
    assert problem.given
    assert problem.example


def test_a_model_too_large_for_its_machine_names_one_that_holds_it(problems_of: ProblemsOf) -> None:
    (problem,) = problems_of(LLAMA_70B, compute={"instanceType": "g6.2xlarge"})
    assert problem.path == "vllm:compute.instanceType"
    assert "131.4 GiB per GPU for weights" in problem.message
    assert load_catalog().instance(problem.example) is not None


def test_the_example_of_a_refusal_is_accepted(problems_of: ProblemsOf, config_of: ConfigOf) -> None:
    (problem,) = problems_of(LLAMA_70B, compute={"instanceType": "g6.2xlarge"})
    assert make_plan(config_of(LLAMA_70B, compute={"instanceType": problem.example})).instance_type == problem.example


def test_a_model_too_large_for_every_machine(problems_of: ProblemsOf, tmp_path: Path) -> None:
    (tmp_path / "huge.json").write_text(
        '{"num_hidden_layers": 400, "hidden_size": 32768, "intermediate_size": 131072, "num_attention_heads": 256,'
        '"num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 8192}'
    )
    (problem,) = problems_of({"id": "our/huge", "configFile": str(tmp_path / "huge.json")})
    assert problem.path == "vllm:model.id"
    assert "fits on no known machine" in problem.message


def test_a_gpu_too_small_for_the_model(problems_of: ProblemsOf) -> None:
    (problem,) = problems_of("moonshotai/Kimi-K2-Thinking", compute={"gpu": "L4"})
    assert (problem.path, problem.given) == ("vllm:compute.gpu", "L4")
    assert "71.0 GiB per GPU" in problem.message


def test_too_few_gpus_for_the_model(problems_of: ProblemsOf) -> None:
    (problem,) = problems_of("deepseek-ai/DeepSeek-R1", compute={"tensorParallel": 1})
    assert problem.path == "vllm:compute.tensorParallel"
    assert problem.example == "8"


def test_a_gpu_that_no_machine_has_so_many_of(problems_of: ProblemsOf) -> None:
    (problem,) = problems_of("google/gemma-3-27b-it", compute={"gpu": "T4"})
    assert problem.path == "vllm:compute.gpu"
    assert "float16" in problem.message


def test_the_largest_length_that_fits_is_said_and_does_fit(problems_of: ProblemsOf, config_of: ConfigOf) -> None:
    on_l4 = {"instanceType": "g6.2xlarge"}
    (problem,) = problems_of(serving={"maxModelLen": 100_000}, compute=on_l4)
    assert problem.path == "vllm:serving.maxModelLen"
    assert f"1 to {problem.example}" in problem.allowed
    largest = int(problem.example)
    assert make_plan(config_of(serving={"maxModelLen": largest}, compute=on_l4)).max_model_len == largest
    (still,) = problems_of(serving={"maxModelLen": largest + 1}, compute=on_l4)
    assert still.path == "vllm:serving.maxModelLen"


@pytest.mark.parametrize("compute", [{}, {"instanceType": "g6.2xlarge"}])
def test_the_most_requests_that_fit_are_said_and_do_fit(
    problems_of: ProblemsOf, config_of: ConfigOf, compute: dict[str, str]
) -> None:
    (problem,) = problems_of(serving={"concurrency": 20_000}, compute=compute)
    assert problem.path == "vllm:serving.concurrency"
    most = int(problem.example)
    assert make_plan(config_of(serving={"concurrency": most}, compute=compute)).max_concurrency >= most - 1
    (still,) = problems_of(serving={"concurrency": most + 1}, compute=compute)
    assert still.path == "vllm:serving.concurrency"


def test_everything_wrong_is_in_one_report(problems_of: ProblemsOf) -> None:
    problems = problems_of(
        "no/such",
        compute={"instanceType": "m5.large", "gpu": "V100"},
        serving={"kvCacheDtype": "fp16", "extraArgs": {"no-such-flag": 1, "host": "0.0.0.0"}},
    )
    assert [problem.path.removeprefix("vllm:") for problem in problems] == [
        "serving.extraArgs.no-such-flag",
        "serving.extraArgs.host",
        "serving.kvCacheDtype",
        "model.id",
        "compute.instanceType",
        "compute.gpu",
    ]


READ = Problem(path="vllm:network.cidr", given="x", allowed="y", example="z", message="wrong")


def report(loaded: Loaded) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        prepare(loaded)
    return [problem.path for problem in caught.value.problems]


def test_reading_and_planning_share_one_report(config_of: ConfigOf) -> None:
    config = config_of(serving={"maxModelLen": 200_000})
    assert report(Loaded(config=config, problems=(READ,))) == ["vllm:network.cidr", "vllm:serving.maxModelLen"]


def test_what_only_follows_from_a_dropped_key_is_not_reported(config_of: ConfigOf) -> None:
    """The machine type was unreadable, so that 20,000 requests fit on no machine may not be true."""
    bad_type = Problem(path="vllm:compute.instanceType", given="?", allowed="y", example="z", message="wrong")
    config = config_of(serving={"concurrency": 20_000})
    assert report(Loaded(config=config, problems=(bad_type,))) == ["vllm:compute.instanceType"]


def test_a_misspelt_section_hides_nothing_of_the_section_it_resembles(config_of: ConfigOf) -> None:
    misspelt = Problem(path="vllm:servin", given="{}", allowed="y", example="z", message="no such key")
    config = config_of(serving={"extraArgs": {"swap-space": 4}})
    loaded = Loaded(config=config, problems=(misspelt,))
    assert report(loaded) == ["vllm:servin", "vllm:serving.extraArgs.swap-space"]


def test_a_key_that_reading_complained_about_is_reported_once(config_of: ConfigOf) -> None:
    path = "vllm:serving.extraArgs.api-key"
    secret = Problem(path=path, given="[hidden]", allowed="y", example="z", message="a secret in plain text")
    loaded = Loaded(config=config_of(serving={"extraArgs": {"api-key": "x"}}), problems=(secret,))
    assert report(loaded) == [path]


def test_without_a_model_only_reading_is_reported() -> None:
    assert report(Loaded(config=None, problems=(READ,))) == ["vllm:network.cidr"]


def test_a_good_plan_does_not_hide_a_bad_key(config_of: ConfigOf) -> None:
    assert report(Loaded(config=config_of(), problems=(READ,))) == ["vllm:network.cidr"]


def test_a_good_configuration_comes_back_with_its_plan(config_of: ConfigOf) -> None:
    config, plan = prepare(Loaded(config=config_of(), problems=()))
    assert plan == make_plan(config)
