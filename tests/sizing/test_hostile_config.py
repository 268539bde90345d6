"""A ``config.json`` is not trusted: whatever it holds, there is a shape or a sentence, at once."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.cli import main
from sizing.catalog import load_catalog
from sizing.hf_config import COUNTS, ConfigFileError, read_config
from sizing.model_rows import REQUIRED
from sizing.model_spec import ModelSpec
from sizing.one_machine import Question, answer
from sizing.weights import parameter_count

LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "max_position_embeddings": 131072,
    "num_attention_heads": 32,
    "num_hidden_layers": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
}
KEYS = (
    *COUNTS,
    "text_config",
    "vision_config",
    "quantization_config",
    "layer_types",
    "sliding_window_pattern",
    "model_type",
    "rope_parameters",
    "partial_rotary_factor",
    "tie_word_embeddings",
    "torch_dtype",
    "mlp_only_layers",
    "hybrid_override_pattern",
    "layers_block_type",
    "interleave_moe_layer_step",
    "n_shared_experts",
    "first_k_dense_replace",
)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["llama4", "nemotron_h", "gemma3", "qwen3_5", "mistral", "awq", "full_attention"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=6,
)


def try_to_read(tmp_path: Path, text: str | bytes) -> ModelSpec | str:
    path = tmp_path / "config.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        return read_config(path, model_id="our/model")
    except ConfigFileError as error:
        return str(error)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), anything, max_size=6))
def test_any_values_end_in_a_shape_or_a_sentence(tmp_path: Path, changes: dict[str, Any]) -> None:
    found = try_to_read(tmp_path, json.dumps(LLAMA | changes))
    if isinstance(found, str):
        assert found
        return
    assert parameter_count(found) > 0
    gpu = load_catalog().gpus[0]
    shown = answer(found, Question(gpu=gpu))
    assert shown.longest >= 0


@given(st.sampled_from(REQUIRED))
def test_a_missing_key_is_named(tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
    rest = {name: value for name, value in LLAMA.items() if name != key}
    found = try_to_read(tmp_path_factory.mktemp("config"), json.dumps(rest))
    assert isinstance(found, str)
    assert key in found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 200_000, "nested too deeply|not JSON"),
        (b'{"a":' * 100_000, "nested too deeply|not JSON"),
        (b'{"hidden_size": ' + b"9" * 5000 + b"}", "not JSON"),
        (json.dumps(LLAMA | {"num_hidden_layers": 10**18}).encode(), "num_hidden_layers"),
        (json.dumps(LLAMA | {"num_hidden_layers": "32"}).encode(), "num_hidden_layers"),
        (json.dumps(LLAMA | {"vocab_size": -1}).encode(), "vocab_size"),
        (json.dumps(LLAMA | {"vocab_size": 1.5}).encode(), "vocab_size"),
        (json.dumps(LLAMA | {"vocab_size": float("nan")}).encode(), "vocab_size"),
        (json.dumps(LLAMA | {"vocab_size": True}).encode(), "vocab_size"),
        (json.dumps(LLAMA | {"num_key_value_heads": 64}).encode(), "num_key_value_heads"),
        (json.dumps(LLAMA | {"num_experts": 8, "num_experts_per_tok": 9}).encode(), "num_experts_per_tok"),
        (json.dumps(LLAMA | {"block_configs": [1]}).encode(), "block_configs"),
        (json.dumps({"text_config": {"model_type": "none"}}).encode(), "num_hidden_layers"),
        (json.dumps(LLAMA | {"vocab_size": 0}).encode(), "vocab_size"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: bytes, words: str) -> None:
    found = try_to_read(tmp_path, text)
    assert isinstance(found, str)
    assert any(word in found for word in words.split("|"))
    assert len(found) < 400


def test_a_huge_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)
    start = time.monotonic()
    with pytest.raises(ConfigFileError, match="larger than"):
        read_config(path, model_id="our/model")
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("path", ["/dev/zero", "/", "/nowhere/config.json", "a\0b"])
def test_what_is_no_file(path: str) -> None:
    with pytest.raises(ConfigFileError):
        read_config(Path(path), model_id="our/model")


def test_the_command_line_gets_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(LLAMA | {"num_hidden_layers": -3}))
    assert main(["size", "our/model", "--gpu", "L4", "--config-json", str(path), "--json"]) == 2
    (problem,) = json.loads(capsys.readouterr().out)["errors"]
    assert problem["path"] == "--config-json"
    assert "num_hidden_layers" in problem["message"]
