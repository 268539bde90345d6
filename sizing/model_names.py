"""Checkpoints that the catalogue has only under another name: which model's shape they have, by their name.

The rule: without the organisation, without what says how the weights are stored (``-AWQ``, ``-FP8-dynamic``,
``-bnb-4bit`` ...) and without what says how it was tuned (``-Instruct``, ``-it``, ``-Base`` ...), the name is that of
a catalogue model. A quantised copy has its base's shape; so have the base and the tuned model of one release.
A fine-tune under a name of its own is not resolved: it needs its ``config.json``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from sizing.model_spec import ModelSpec

# What a name ends in -> how the weights are stored. The longest ending that is there counts.
ENDINGS: tuple[tuple[str, str | None], ...] = (
    (r"unsloth-bnb-4bit", "bitsandbytes"),
    (r"bnb-4bit", "bitsandbytes"),
    (r"bnb-8bit", "compressed-tensors-int8"),
    (r"awq-int4|awq-4bit|awq", "awq"),
    (r"gptq-int8|gptq-8bit", "compressed-tensors-int8"),
    (r"gptq-int4|gptq-4bit|gptq", "gptq"),
    (r"quantized\.w4a16|w4a16|int4|autoround", "compressed-tensors-int4"),
    (r"quantized\.w8a8|quantized\.w8a16|int8-w8a16|w8a8|w8a16|int8", "compressed-tensors-int8"),
    (r"fp8-kv|fp8-dynamic|fp8-static|dynamic-fp8|fp8", "compressed-tensors"),
    (r"fp8-block|block-fp8", "fp8"),
    (r"nvfp4-fp8|nvfp4", "modelopt_fp4"),
    (r"bf16|fp16|unsloth", None),
)
TUNING = re.compile(r"-(instruct|chat|it|base|hf|thinking|pt)$")
VENDOR = re.compile(r"^(meta-|nvidia-)")


def _bare(model_id: str) -> str:
    return model_id.rpartition("/")[2].lower()


def _without_ending(name: str) -> tuple[str, str | None, bool]:
    """The name without its longest ending, the method that it says, and whether there was one."""
    found = [(match, method) for ending, method in ENDINGS if (match := re.search(rf"[-_.](?:{ending})$", name))]
    if not found:
        return name, None, False
    match, method = min(found, key=lambda each: each[0].start())
    return name[: match.start()], method, True


def method_in_name(model_id: str) -> str | None:
    """How the weights are stored, where the name ends in it."""
    return _without_ending(_bare(model_id))[1]


def _stem(name: str) -> str:
    return TUNING.sub("", VENDOR.sub("", name))


def derived(model_id: str, models: Iterable[ModelSpec]) -> ModelSpec | None:
    """The shape of the catalogue model whose name this is, stored as the name says; None where there is none.

    A catalogue model with the very same bare name comes first, then one of the same release.
    """
    full = _bare(model_id)
    base, method, quantised = _without_ending(full)
    candidates = [model for model in models if not quantised or model.quantization is None]
    exact = [model for model in candidates if _bare(model.id) in (full, base)]
    same = exact or [model for model in candidates if _stem(_bare(model.id)) == _stem(base)]
    if not same:
        return None
    like = same[0]
    own = model_id.partition("/")[0] == like.id.partition("/")[0]
    return replace(
        like,
        id=model_id,
        source=f"the shape of {like.id}, by its name",
        gated=like.gated and own,
        quantization=method if quantised else like.quantization,
        quantization_scope=None if quantised else like.quantization_scope,
    )
