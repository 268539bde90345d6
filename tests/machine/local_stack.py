"""Stacks for one machine, planned for hardware that is made up."""

from __future__ import annotations

from typing import Any

from config.models import StackConfig
from config.parse import parse
from sizing.local import Hardware, LocalGpu
from sizing.plan import Plan
from sizing.prepare import prepare

MODEL = "Qwen/Qwen2.5-1.5B-Instruct"
GATED = "meta-llama/Llama-3.1-8B-Instruct"
RTX_4090 = LocalGpu(index=0, name="NVIDIA GeForce RTX 4090", memory_gib=24564 / 1024, compute_capability=8.9)
WITH_GPU = Hardware(gpus=(RTX_4090,), memory_gib=64.0, vcpus=16)
WITHOUT_GPU = Hardware(gpus=(), memory_gib=64.0, vcpus=16)


def planned(*, hardware: Hardware = WITH_GPU, model: str = MODEL, **sections: Any) -> tuple[StackConfig, Plan]:
    raw = {"vllm:target": "local", "vllm:model": model, **{f"vllm:{name}": value for name, value in sections.items()}}
    return prepare(parse(stack="local", raw=raw), hardware=lambda: hardware)
