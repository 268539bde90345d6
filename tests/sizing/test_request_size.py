"""What a firewall lets pass is more than any honest request has."""

from __future__ import annotations

import json

import pytest

from sizing.catalog import load_catalog
from sizing.model_spec import ModelSpec
from sizing.request_size import LEAST_BYTES, MEDIA_BYTES, TOKEN_BYTES, longest_request_bytes, one_digit

CATALOG = load_catalog()


def model(id_: str) -> ModelSpec:
    found = CATALOG.model(id_)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("value", "rounded"), [(1, 1), (10, 10), (11, 20), (99, 100), (10_000_000, 10_000_000), (74_000_001, 80_000_000)]
)
def test_a_bound_is_one_digit_and_zeros_and_never_less(value: int, rounded: int) -> None:
    assert one_digit(value) == rounded


@pytest.mark.parametrize("tokens", [1, 8192, 131_072, 1_000_000, 16_777_216])
def test_the_longest_prompt_fits_whatever_it_is_written_in(tokens: int) -> None:
    bound = longest_request_bytes(model("meta-llama/Llama-3.1-8B-Instruct"), max_model_len=tokens)
    assert bound >= LEAST_BYTES
    assert bound >= tokens * TOKEN_BYTES
    one_token = json.dumps("\N{GRINNING FACE}")  # four bytes, and often more than one token
    assert len(one_token) * 4 < TOKEN_BYTES


def test_images_and_sound_fit_too() -> None:
    text = longest_request_bytes(model("Qwen/Qwen2.5-1.5B-Instruct"), max_model_len=8192)
    media = longest_request_bytes(model("Qwen/Qwen2.5-VL-7B-Instruct"), max_model_len=8192)
    assert media >= text + MEDIA_BYTES
