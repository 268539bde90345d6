"""``config.json`` as families write it, shortened to what counts. Parameters agree with the published counts."""

from __future__ import annotations

from typing import Any

import pytest

from sizing.hf_config import spec_of, to_row
from sizing.model_spec import ModelSpec
from sizing.weights import parameter_count


def read(document: dict[str, Any], model_id: str = "our/model") -> ModelSpec:
    return spec_of(to_row(document, model_id=model_id, source="a test"))


def test_gemma_3_4b_leaves_most_to_its_defaults() -> None:
    text = {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34}
    vision = {"hidden_size": 1152, "intermediate_size": 4304, "num_attention_heads": 16, "num_hidden_layers": 27}
    document = {
        "model_type": "gemma3",
        "text_config": text | {"sliding_window": 1024},
        "vision_config": vision | {"patch_size": 14, "image_size": 896},
        "tie_word_embeddings": True,
    }
    model = read(document)
    assert (model.heads, model.kv_heads, model.head_dim, model.vocab_size) == (8, 4, 256, 262208)
    assert (model.full_attention_layers, model.windowed_layers) == (5, 29)
    assert model.vision is not None
    assert parameter_count(model) / 1e9 == pytest.approx(4.3, rel=0.005)


def test_llama_4_has_experts_of_one_width_and_chunks() -> None:
    text = {
        "model_type": "llama4_text",
        "hidden_size": 5120,
        "intermediate_size": 8192,
        "intermediate_size_mlp": 16384,
        "interleave_moe_layer_step": 2,
        "num_hidden_layers": 48,
        "num_attention_heads": 40,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "num_local_experts": 128,
        "num_experts_per_tok": 1,
        "vocab_size": 202048,
        "max_position_embeddings": 1048576,
        "attention_chunk_size": 8192,
    }
    model = read({"model_type": "llama4", "text_config": text})
    assert model.experts is not None
    assert (model.experts.dense_layers, model.experts.shared_width) == (24, 8192)
    assert (model.full_attention_layers, model.sliding_window) == (12, 8192)
    assert parameter_count(model) / 1e9 == pytest.approx(400.7, rel=0.001)


def test_a_nemotron_hybrid_is_read_from_its_letters() -> None:
    document = {
        "model_type": "nemotron_h",
        "hybrid_override_pattern": "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME",
        "hidden_size": 2688,
        "intermediate_size": 1856,
        "num_hidden_layers": 52,
        "num_attention_heads": 32,
        "num_key_value_heads": 2,
        "head_dim": 128,
        "mamba_num_heads": 64,
        "mamba_head_dim": 64,
        "n_groups": 8,
        "ssm_state_size": 128,
        "conv_kernel": 4,
        "n_routed_experts": 128,
        "n_shared_experts": 1,
        "num_experts_per_tok": 6,
        "moe_intermediate_size": 1856,
        "moe_shared_expert_intermediate_size": 3712,
        "vocab_size": 131072,
        "max_position_embeddings": 262144,
        "time_step_limit": [0.0, float("inf")],
    }
    model = read(document)
    assert (model.full_attention_layers, model.linear_layers, model.gated_mlp) == (6, 23, False)
    assert parameter_count(model) / 1e9 == pytest.approx(31.6, rel=0.005)


QWEN = {
    "num_hidden_layers": 36,
    "hidden_size": 4096,
    "intermediate_size": 12288,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151936,
    "max_position_embeddings": 40960,
}


@pytest.mark.parametrize(
    ("declared", "method", "group", "scope"),
    [
        ({"quant_method": "gptq", "bits": 4, "group_size": 32}, "gptq", 32, None),
        ({"quant_method": "gptq", "bits": 8, "group_size": 128}, "compressed-tensors-int8", 128, None),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes", None, None),
        ({"quant_method": "mxfp4"}, "mxfp4", None, None),
        ({"quant_algo": "NVFP4", "quant_method": "modelopt"}, "modelopt_fp4", None, None),
        ({"quant_method": "auto-round", "bits": 4, "group_size": 128}, "gptq", 128, None),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"group_0": {"weights": {"type": "float", "num_bits": 4, "group_size": 16}}},
                "ignore": ["lm_head"],
            },
            "modelopt_fp4",
            16,
            None,
        ),
        (
            {
                "quant_method": "fp8",
                "weight_block_size": [128, 128],
                "modules_to_not_convert": [f"model.layers.{i}.post_attention_layernorm" for i in range(36)],
            },
            "fp8",
            None,
            None,
        ),
        ({"quant_method": "gptq", "bits": 4, "modules_to_not_convert": ["self_attn"]}, "gptq", None, "mlp"),
        (
            {"quant_method": "gptq", "bits": 4, "modules_to_not_convert": ["self_attn", "mlp.shared_expert"]},
            "gptq",
            None,
            "experts",
        ),
        ({"quant_method": "fp8", "ignore": ["model.layers.0.self_attn.o_proj"]}, "fp8", None, None),
        ("fp8", None, None, None),
    ],
)
def test_how_the_weights_are_stored(declared: object, method: str | None, group: int | None, scope: str | None) -> None:
    model = read(QWEN | {"quantization_config": declared})
    assert (model.quantization, model.quantization_group_size, model.quantization_scope) == (method, group, scope)


def test_the_name_says_it_where_the_file_does_not() -> None:
    assert read(QWEN, "nvidia/Qwen3-8B-NVFP4").quantization == "modelopt_fp4"


@pytest.mark.parametrize(
    ("extra", "full"),
    [
        ({"model_type": "mistral", "sliding_window": 4096}, 0),
        ({"model_type": "qwen2", "sliding_window": 4096, "use_sliding_window": False}, 36),
        ({"model_type": "gemma2", "sliding_window": 4096}, 18),
        ({"sliding_window": 4096, "sliding_window_pattern": "LLLG"}, 9),
        ({"layer_types": ["linear_attention", "linear_attention", "linear_attention", "full_attention"] * 9}, 9),
    ],
)
def test_layers_that_keep_the_whole_context(extra: dict[str, Any], full: int) -> None:
    assert read(QWEN | extra).full_attention_layers == full
