"""What the shared table of shapes leaves out; ``tools/catalogue.py`` merges it into the catalogue's rows."""

from __future__ import annotations

from typing import Any

QWEN2_5_VISION = {
    "layers": 32,
    "hidden_size": 1280,
    "intermediate_size": 3420,
    "heads": 16,
    "max_tokens": 16384,
    "merge": 4,
    "pixels": 1176,
    "gated_mlp": True,
}
QWEN3_VISION = {
    "layers": 27,
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "heads": 16,
    "max_tokens": 16384,
    "merge": 4,
    "pixels": 1536,
}
SIGLIP = {"layers": 27, "hidden_size": 1152, "intermediate_size": 4304, "heads": 16, "max_tokens": 256, "merge": 16}
QWEN3_5 = {"gated_attention": True, "rotary_share": 0.25, "vision": QWEN3_VISION}

# Its own config.json was not found. What a start-up report says of it (64 layers, 16 of them with attention, 4 KV heads
# of 256) is the shape of Qwen3.5-27B and Qwen3.6-27B.
QWEN3_6_27B = {
    "hidden_size": 5120,
    "intermediate_size": 17408,
    "num_attention_heads": 24,
    "vocab_size": 248320,
    "max_position_embeddings": 262144,
    "linear_conv_kernel_dim": 4,
    "linear_key_head_dim": 128,
    "linear_num_key_heads": 16,
    "linear_num_value_heads": 48,
    "linear_value_head_dim": 128,
    "full_attention_layers": 16,
    "parameter_count_billion": None,
}

FACTS: dict[str, dict[str, Any]] = {
    # Attention, linear attention and shared experts stay in 16 bits ("modules_to_not_convert").
    "Qwen/Qwen3.5-35B-A3B-GPTQ-Int4": QWEN3_5
    | {"quantization": "gptq", "quantization_scope": "experts", "n_shared_experts": 1, "parameter_count_billion": None},
    "Qwen/Qwen3.8-27B-FP8": QWEN3_5 | QWEN3_6_27B,
    "Qwen/Qwen3.5-27B": QWEN3_5 | {"parameter_count_billion": None},
    "Qwen/Qwen2.5-VL-7B-Instruct": {"vision": QWEN2_5_VISION},
    "Qwen/Qwen2.5-VL-72B-Instruct": {"vision": QWEN2_5_VISION},
    "unsloth/qwen2.5-vl-7b-instruct-unsloth-bnb-4bit": {"vision": QWEN2_5_VISION},
    "Qwen3-VL-30B-A3B": {"vision": QWEN3_VISION | {"outputs": 4, "budget_tokens": 153600}},
    "google/gemma-3-27b-it": {"vision": SIGLIP, "rotary_share": 2.0},
    "gaunernst/gemma-3-27b-it-int4-awq": {"vision": SIGLIP, "rotary_share": 2.0, "quantization_group_size": 32},
    "google/gemma-4-26B-A4B": {"vision": SIGLIP | {"max_tokens": 280, "merge": 9}},
    "llava-hf/llava-v1.6-mistral-7b-hf": {
        "vision": {
            "layers": 24,
            "hidden_size": 1024,
            "intermediate_size": 4096,
            "heads": 16,
            "max_tokens": 2928,
        }
    },
    "mistralai/Mistral-Small-3.2-24B-Instruct-2506": {
        "vision": {
            "layers": 24,
            "hidden_size": 1024,
            "intermediate_size": 4096,
            "heads": 16,
            "max_tokens": 3025,
            "merge": 4,
            "gated_mlp": True,
        }
    },
    "OpenGVLab/InternVL3-78B": {
        "vision": {
            "layers": 45,
            "hidden_size": 3200,
            "intermediate_size": 12800,
            "heads": 25,
            "max_tokens": 3328,
            "merge": 4,
        }
    },
}
