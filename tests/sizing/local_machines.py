"""Machines that are made up, as ``machine.hardware`` would describe them."""

from __future__ import annotations

from dataclasses import replace

from sizing.local import Hardware, LocalGpu

RTX_4090 = LocalGpu(index=0, name="NVIDIA GeForce RTX 4090", memory_gib=24564 / 1024, compute_capability=8.9)
A100 = LocalGpu(index=0, name="NVIDIA A100-SXM4-80GB", memory_gib=80.0, compute_capability=8.0)


def machine(*gpus: LocalGpu, memory_gib: float = 256.0, trouble: str = "") -> Hardware:
    """With these GPUs, counted from 0."""
    counted = tuple(replace(gpu, index=index) for index, gpu in enumerate(gpus))
    return Hardware(gpus=counted, memory_gib=memory_gib, vcpus=32, gpu_trouble=trouble)


CPU_24 = machine(memory_gib=23.4)
