"""A model that the catalogue does not know, from its ``config.json``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.models import StackConfig
from sizing.catalog import Catalog
from sizing.hf_config import ConfigFileError, read_config
from sizing.model_spec import ModelSpec
from sizing.planner import make_plan
from sizing.weights import parameter_count

ConfigOf = Callable[..., StackConfig]

LLAMA: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "max_position_embeddings": 131072,
    "num_attention_heads": 32,
    "num_hidden_layers": 32,
    "num_key_value_heads": 8,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "vocab_size": 128256,
}


def read(tmp_path: Path, document: object) -> ModelSpec:
    path = tmp_path / "config.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return read_config(path, model_id="our/model")


def test_a_plain_file(tmp_path: Path) -> None:
    model = read(tmp_path, LLAMA)
    assert parameter_count(model) == 8_030_261_248
    assert (model.head_dim, model.kv_heads, model.quantization) == (128, 8, None)


def test_a_file_gives_what_the_catalogue_has(tmp_path: Path, config_of: ConfigOf) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "ours.json").write_text(json.dumps(LLAMA))
    ours = make_plan(config_of({"id": "our/model", "configFile": "models/ours.json"}), root=tmp_path)
    known = make_plan(config_of())
    assert ours.memory == known.memory
    assert ours.vllm_args[0] == "our/model"
    # Nobody knows whether a model of one's own takes media, and vLLM fetches from everywhere when the list is empty.
    assert "media-by-url.invalid" in ours.vllm_args
    assert "media-by-url.invalid" not in known.vllm_args


def test_the_language_model_of_a_vision_file(tmp_path: Path) -> None:
    model = read(tmp_path, {"model_type": "vl", "vision_config": {"hidden_size": 1}, "text_config": LLAMA})
    assert model.hidden_size == 4096


def test_other_names_for_the_same_facts(tmp_path: Path) -> None:
    gpt2 = {"n_layer": 12, "n_embd": 768, "n_head": 12, "vocab_size": 50257, "n_positions": 1024, "n_inner": 3072}
    model = read(tmp_path, gpt2)
    assert (model.layers, model.hidden_size, model.kv_heads, model.max_position_embeddings) == (12, 768, 12, 1024)


@pytest.mark.parametrize(
    ("declared", "quantization"),
    [
        ({"quant_method": "fp8"}, "fp8"),
        ({"quant_method": "awq", "bits": 4}, "awq"),
        (
            {"quant_method": "compressed-tensors", "config_groups": {"a": {"weights": {"type": "int", "num_bits": 4}}}},
            "compressed-tensors-int4",
        ),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"a": {"weights": {"type": "float", "num_bits": 8}}},
            },
            "compressed-tensors",
        ),
        ({}, None),
    ],
)
def test_how_the_weights_are_stored(tmp_path: Path, declared: dict[str, Any], quantization: str | None) -> None:
    assert read(tmp_path, LLAMA | {"quantization_config": declared}).quantization == quantization


def test_experts_and_latent_attention(tmp_path: Path, catalog: Catalog) -> None:
    known = catalog.model("deepseek-ai/DeepSeek-R1")
    deepseek = {
        "num_hidden_layers": 61,
        "hidden_size": 7168,
        "intermediate_size": 18432,
        "moe_intermediate_size": 2048,
        "n_routed_experts": 256,
        "n_shared_experts": 1,
        "num_experts_per_tok": 8,
        "first_k_dense_replace": 3,
        "num_attention_heads": 128,
        "num_key_value_heads": 128,
        "kv_lora_rank": 512,
        "q_lora_rank": 1536,
        "qk_nope_head_dim": 128,
        "qk_rope_head_dim": 64,
        "v_head_dim": 128,
        "vocab_size": 129280,
        "max_position_embeddings": 163840,
    }
    assert known is not None
    assert parameter_count(read(tmp_path, deepseek)) == parameter_count(known)


@pytest.mark.parametrize(
    ("extra", "full", "windowed"),
    [
        ({"layer_types": ["sliding_attention", "full_attention"] * 16, "sliding_window": 128}, 16, 16),
        ({"sliding_window_pattern": 4, "sliding_window": 4096}, 8, 24),
        ({"sliding_window": 4096, "use_sliding_window": False}, 32, 0),
    ],
)
def test_layers_that_keep_a_window(tmp_path: Path, extra: dict[str, Any], full: int, windowed: int) -> None:
    model = read(tmp_path, LLAMA | extra)
    assert (model.full_attention_layers, model.windowed_layers) == (full, windowed)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        ({"hidden_size": 1}, "lacks num_hidden_layers, num_attention_heads"),
        (LLAMA | {"num_hidden_layers": "many"}, "num_hidden_layers"),
        (LLAMA | {"num_attention_heads": -1}, "num_attention_heads"),
        (LLAMA | {"kv_lora_rank": 512}, "qk_nope_head_dim"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, document: object, words: str) -> None:
    with pytest.raises(ConfigFileError, match=words):
        read(tmp_path, document)
