"""Names of checkpoints that the catalogue has under another one."""

from __future__ import annotations

import pytest

from sizing.catalog import Catalog
from sizing.model_names import method_in_name
from sizing.weights import parameter_count


@pytest.mark.parametrize(
    ("name", "like", "quantization"),
    [
        ("RedHatAI/Qwen2.5-7B-Instruct-FP8-dynamic", "Qwen/Qwen2.5-7B-Instruct", "compressed-tensors"),
        (
            "neuralmagic/Meta-Llama-3.1-8B-Instruct-quantized.w4a16",
            "meta-llama/Meta-Llama-3.1-8B-Instruct",
            "compressed-tensors-int4",
        ),
        (
            "RedHatAI/Llama-3.3-70B-Instruct-quantized.w8a8",
            "meta-llama/Llama-3.3-70B-Instruct",
            "compressed-tensors-int8",
        ),
        ("Qwen/Qwen2.5-32B-Instruct-AWQ", "Qwen/Qwen2.5-32B-Instruct", "awq"),
        ("Qwen/Qwen2.5-14B-Instruct-GPTQ-Int4", "Qwen/Qwen2.5-14B-Instruct", "gptq"),
        ("Qwen/Qwen2.5-14B-Instruct-GPTQ-Int8", "Qwen/Qwen2.5-14B-Instruct", "compressed-tensors-int8"),
        ("unsloth/Qwen3-14B-unsloth-bnb-4bit", "Qwen/Qwen3-14B", "bitsandbytes"),
        ("unsloth/gemma-3-12b-it", "google/gemma-3-12b-it", None),
        ("nvidia/Llama-3.3-70B-Instruct-NVFP4", "meta-llama/Llama-3.3-70B-Instruct", "modelopt_fp4"),
        ("meta-llama/Llama-3.2-1B", "meta-llama/Llama-3.2-1B-Instruct", None),
        ("Qwen/Qwen3-8B-Base", "Qwen/Qwen3-8B", None),
        ("openai/GPT-OSS-20B", "openai/gpt-oss-20b", "mxfp4"),
    ],
)
def test_a_copy_has_the_shape_of_its_base(catalog: Catalog, name: str, like: str, quantization: str | None) -> None:
    found, base = catalog.model(name), catalog.model(like)
    assert found is not None
    assert base is not None
    assert (found.id, found.quantization) == (name, quantization)
    assert parameter_count(found) == parameter_count(base)
    assert like in found.source or found.source == base.source


@pytest.mark.parametrize(
    "name", ["someone/our-finetune-8B", "Qwen/Qwen3-9B", "AWQ", "", "/", "deepseek-ai/DeepSeek-V4-Flash"]
)
def test_other_names_are_not_guessed(catalog: Catalog, name: str) -> None:
    assert catalog.model(name) is None


def test_a_copy_by_others_is_not_gated(catalog: Catalog) -> None:
    ours, theirs = catalog.model("meta-llama/Llama-3.1-8B"), catalog.model("unsloth/Llama-3.1-8B-bnb-4bit")
    assert ours is not None
    assert theirs is not None
    assert (ours.gated, theirs.gated) == (True, False)


def test_the_method_in_a_name() -> None:
    assert method_in_name("nvidia/Qwen3-235B-A22B-NVFP4") == "modelopt_fp4"
    assert method_in_name("our/model") is None
