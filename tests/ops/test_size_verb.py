"""``python -m ops size``: the memory model for one machine, as scripts ask it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.cli import main

LLAMA = "meta-llama/Llama-3.1-8B-Instruct"


@pytest.fixture
def size(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the verb; returns status and the JSON document."""

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        status = main(["size", *arguments, "--json"])
        return status, json.loads(capsys.readouterr().out)

    return run


def test_a_model_that_fits(size: Any) -> None:
    status, answer = size(LLAMA, "--instance-type", "g6.2xlarge", "--max-model-len", "8192")
    assert status == 0
    assert answer["fits"] is True
    assert answer["weights_gib"] == pytest.approx(14.989, abs=0.001)
    assert answer["kv_bytes_per_token"] == 131_072
    assert answer["max_model_len_that_fits"] > 8192
    assert answer["max_concurrency"] == pytest.approx(answer["kv_cache_tokens"] / 8192, abs=0.01)
    spent = answer["weights_gib"] + answer["activation_gib"] + answer["overhead_gib"]
    assert answer["kv_cache_gib"] == pytest.approx(answer["usable_gib"] - spent, abs=1e-6)


def test_a_model_that_does_not_fit_is_an_answer(size: Any) -> None:
    status, answer = size(LLAMA, "--gpu", "T4", "--max-model-len", "2048")
    assert (status, answer["fits"], answer["max_model_len_that_fits"]) == (0, False, 0)
    assert answer["kv_cache_tokens"] == 0


def test_defaults_are_those_of_vllm(size: Any) -> None:
    _, answer = size(LLAMA, "--gpu", "H100")
    assert answer["usable_gib"] == pytest.approx(0.92 * answer["total_gib"], abs=0.001)
    _, old = size(LLAMA, "--gpu", "H100", "--vllm-version", "0.10.2")
    assert old["usable_gib"] == pytest.approx(0.9 * old["total_gib"], abs=0.001)
    assert old["overhead_gib"] < answer["overhead_gib"]  # graphs were outside the budget


@pytest.mark.parametrize(
    ("option", "moves"),
    [
        (("--enforce-eager",), "overhead_gib"),
        (("--quantization", "fp8"), "weights_gib"),
        (("--params-billion", "9"), "weights_gib"),
        (("--checkpoint-gib", "12"), "weights_gib"),
        (("--kv-cache-dtype", "fp8"), "kv_bytes_per_token"),
        (("--dtype", "float32"), "weights_gib"),
        (("--max-num-seqs", "512"), "activation_gib"),
        (("--max-num-batched-tokens", "16384"), "activation_gib"),
        (("--gpu-memory-utilization", "0.5"), "usable_gib"),
        (("--tensor-parallel-size", "2"), "weights_gib"),
    ],
)
def test_every_option_has_its_effect(size: Any, option: tuple[str, ...], moves: str) -> None:
    machine = (LLAMA, "--gpu", "A100 80GB", "--max-model-len", "8192")
    assert size(*machine)[1][moves] != size(*machine, *option)[1][moves]


def test_a_model_from_its_config_file(size: Any, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(
        '{"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128,'
        ' "vocab_size": 1000, "max_position_embeddings": 2048}'
    )
    status, answer = size("our/model", "--config-json", str(path), "--gpu", "L4")
    assert (status, answer["fits"]) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (("no/such", "--gpu", "L4"), "MODEL"),
        ((LLAMA, "--gpu", "Voodoo 2"), "--gpu"),
        ((LLAMA, "--instance-type", "m5.large"), "--instance-type"),
        ((LLAMA, "--config-json", "absent.json"), "--config-json"),
        ((LLAMA, "--gpu", "L4", "--tensor-parallel-size", "3"), "--tensor-parallel-size"),
        ((LLAMA, "--instance-type", "g6.2xlarge", "--tensor-parallel-size", "2"), "--tensor-parallel-size"),
        ((LLAMA, "--gpu", "L4", "--quantization", "q9"), "--quantization"),
        ((LLAMA, "--gpu", "L4", "--kv-cache-dtype", "fp16"), "--kv-cache-dtype"),
    ],
)
def test_a_bad_question_ends_with_2(size: Any, arguments: tuple[str, ...], path: str) -> None:
    status, answer = size(*arguments)
    assert status == 2
    (problem,) = answer["errors"]
    assert problem["path"] == path
    assert problem["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--gpu-memory-utilization", "1.5"),
        ("--max-model-len", "0"),
        ("--gpu-memory-gib", "-1"),
        ("--vllm-version", "latest"),
        ("--gpu", "L4", "--instance-type", "g6.2xlarge"),
    ],
)
def test_a_bad_command_line_ends_with_2(size: Any, arguments: tuple[str, ...]) -> None:
    status, answer = size(LLAMA, *arguments)
    assert status == 2
    assert answer["errors"]


def test_people_get_the_verdict_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["size", LLAMA, "--gpu", "L4", "--max-model-len", "8192"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(LLAMA)
    assert lines[1].startswith("fits: ")
    assert main(["size", LLAMA, "--gpu", "L4"]) == 0
    assert "would" in capsys.readouterr().out.splitlines()[1]
