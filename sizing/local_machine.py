"""This machine as the planner sees machines: a type of its own, ``local``, with the GPUs that the stack may use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from config.errors import Problem
from config.models import Compute
from sizing.capability import IMAGE_FLOOR
from sizing.catalog import LOCAL, Catalog, Gpu, Instance
from sizing.gpu_names import records_named, same_name
from sizing.launch import CPU
from sizing.local import Hardware, LocalGpu
from sizing.plan import Finding

SAME_MEMORY = 0.1  # what nvidia-smi says of a card is up to 7 % below its label
VISIBLE_SHARE = 0.98  # torch sees a little less than nvidia-smi says; of the catalogue's cards 0.97 to 0.99
MOBILE = ("laptop", "max-q", "mobile")  # cards that share a name with a faster one
# An unknown card is taken to be a slow one, so that the waits that follow from its speed are long enough.
SLOW_BANDWIDTH_GB_PER_S = 200
SLOW_TFLOPS = 20
# A desktop processor with two channels of DDR5, and what it computes in bfloat16 (assumed, for waits alone).
CPU_BANDWIDTH_GB_PER_S = 40
CPU_TFLOPS = 1
DISK_GBPS = 16.0  # of an NVMe disk, 2 GB/s


@dataclass(frozen=True, kw_only=True)
class Machine:
    """``gpus``: as ``docker run --gpus`` takes it, None: no GPU is used; ``notes``: what a plan must be read with."""

    instance: Instance
    gpus: str | None
    notes: tuple[Finding, ...] = ()


def machine_of(compute: Compute, hardware: Hardware, catalog: Catalog) -> Machine | Problem:
    """With the GPUs that ``compute`` names, all otherwise; without GPU only where none is asked for."""
    if not hardware.gpus:
        return _no_gpu(compute, hardware) or _processor(hardware)
    chosen = _chosen(compute, hardware)
    if isinstance(chosen, Problem):
        return chosen
    least = min(chosen, key=lambda gpu: gpu.memory_gib)
    capability = min(gpu.compute_capability for gpu in chosen)
    if capability < IMAGE_FLOOR:
        return _too_old(chosen, hardware)
    gpu, known = _record(least, catalog)
    instance = Instance(
        instance_type=LOCAL,
        gpu_name=gpu.name,
        gpu=replace(gpu, compute_capability=capability, bf16=capability >= 8.0),
        gpu_count=len(chosen),
        vcpus=hardware.vcpus,
        memory_gib=hardware.memory_gib,
        local_nvme_gb=0.0,
        ebs_gbps=DISK_GBPS,
        hourly_usd=None,
    )
    notes = (*_mixed(chosen, least), *(() if known else (_unknown(least),)))
    everything = len(chosen) == len(hardware.gpus) and compute.devices in (None, "all")
    named = "device=" + ",".join(str(gpu.index) for gpu in chosen)
    return Machine(instance=instance, gpus="all" if everything else named, notes=notes)


def _processor(hardware: Hardware) -> Machine:
    processor = Gpu(
        name="CPU",
        nominal_gib=hardware.memory_gib,
        visible_gib=hardware.memory_gib,
        compute_capability=CPU,
        bandwidth_gb_per_s=CPU_BANDWIDTH_GB_PER_S,
        tflops=CPU_TFLOPS,
        nvlink=False,
        bf16=True,
        visible_source="this machine",
    )
    instance = Instance(
        instance_type=LOCAL,
        gpu_name=processor.name,
        gpu=processor,
        gpu_count=1,
        vcpus=hardware.vcpus,
        memory_gib=hardware.memory_gib,
        local_nvme_gb=0.0,
        ebs_gbps=DISK_GBPS,
        hourly_usd=None,
    )
    return Machine(instance=instance, gpus=None, notes=(_cpu_only(hardware),))


def _cpu_only(hardware: Hardware) -> Finding:
    why = f"its GPUs cannot be used ({hardware.gpu_trouble})" if hardware.gpu_trouble else "this machine has no GPU"
    return Finding(
        level="WARNING",
        id="cpu-only",
        message=f"{why}, so vLLM runs on the processor with its CPU image: good for trying things out with a small "
        "model, ten to a hundred times slower than a GPU",
    )


def _no_gpu(compute: Compute, hardware: Hardware) -> Problem | None:
    """For a stack that asks for GPUs."""
    asked = (
        ("devices", None if compute.devices is None else _shown(compute.devices)),
        ("gpu", compute.gpu),
        ("tensorParallel", None if compute.tensor_parallel == "auto" else str(compute.tensor_parallel)),
    )
    key, given = next(((key, given) for key, given in asked if given is not None), ("", ""))
    if not key:
        return None
    if hardware.gpu_trouble:
        message = (
            f"no GPU can be used here; nvidia-smi says: {hardware.gpu_trouble}. Repair the driver (a reboot after an "
            "update of it often does), or remove the key to run on the processor"
        )
    else:
        message = (
            "no GPU is found here (there is no nvidia-smi): install NVIDIA's driver, run on a machine with a GPU, or "
            "remove the key to run on the processor"
        )
    return Problem(
        path=f"vllm:compute.{key}",
        given=given,
        allowed="leave the key out on a machine without NVIDIA GPU",
        example="vllm:compute: {}",
        message=message,
    )


def _shown(devices: Sequence[int] | str) -> str:
    return devices if isinstance(devices, str) else f"[{', '.join(map(str, devices))}]"


def _chosen(compute: Compute, hardware: Hardware) -> tuple[LocalGpu, ...] | Problem:
    """In the order of the driver."""
    devices = compute.devices
    here = {gpu.index for gpu in hardware.gpus}
    wanted = here if devices is None or isinstance(devices, str) else set(devices)
    if wanted - here:
        return Problem(
            path="vllm:compute.devices",
            given=_shown(devices or ()),
            allowed=f"all, or some of {', '.join(_with_index(gpu) for gpu in hardware.gpus)}",
            example=f"[{min(here)}]",
            message=f"this machine has no GPU {', '.join(map(str, sorted(wanted - here)))} (nvidia-smi -L lists them)",
        )
    chosen = tuple(gpu for gpu in hardware.gpus if gpu.index in wanted)
    named = chosen if compute.gpu is None else tuple(gpu for gpu in chosen if same_name(str(compute.gpu), gpu.name))
    if not named or (isinstance(devices, tuple) and len(named) < len(chosen)):
        return Problem(
            path="vllm:compute.gpu",
            given=str(compute.gpu),
            allowed=", ".join(dict.fromkeys(gpu.name for gpu in chosen)) + ", or leave the key out",
            example=chosen[0].name,
            message=f"this machine has {', '.join(_with_index(gpu) for gpu in hardware.gpus)}"
            + ("" if devices is None else f", of which compute.devices takes {_shown(devices)}"),
        )
    return named


def _with_index(gpu: LocalGpu) -> str:
    return f"{gpu.index} ({gpu.name}, {gpu.memory_gib:.1f} GiB)"


def _too_old(chosen: tuple[LocalGpu, ...], hardware: Hardware) -> Problem:
    good = [gpu for gpu in hardware.gpus if gpu.compute_capability >= IMAGE_FLOOR]
    old = min(chosen, key=lambda gpu: gpu.compute_capability)
    return Problem(
        path="vllm:compute.devices",
        given=_with_index(old),
        allowed=", ".join(map(_with_index, good)) or f"a GPU of compute capability {IMAGE_FLOOR} or newer",
        example=f"[{', '.join(str(gpu.index) for gpu in good)}]" if good else "target: aws",
        message=f"{old.name} has compute capability {old.compute_capability:g}; vLLM's image has kernels for "
        f"{IMAGE_FLOOR} and newer: " + ("leave it out" if good else "take another machine, or target: aws"),
    )


def _record(gpu: LocalGpu, catalog: Catalog) -> tuple[Gpu, bool]:
    """What is known of the card, and whether it is in the catalogue."""
    if not any(word in gpu.name.lower() for word in MOBILE):
        for record in records_named(gpu.name, catalog):
            same = abs(record.nominal_gib - gpu.memory_gib) <= SAME_MEMORY * record.nominal_gib
            if same and record.compute_capability == gpu.compute_capability:
                return replace(record, visible_gib=min(record.visible_gib, gpu.memory_gib)), True
    unknown = Gpu(
        name=gpu.name,
        nominal_gib=gpu.memory_gib,
        visible_gib=round(gpu.memory_gib * VISIBLE_SHARE, 2),
        compute_capability=gpu.compute_capability,
        bandwidth_gb_per_s=SLOW_BANDWIDTH_GB_PER_S,
        tflops=SLOW_TFLOPS,
        nvlink=False,
        bf16=gpu.compute_capability >= 8.0,
        visible_source="from nvidia-smi",
    )
    return unknown, False


def _mixed(chosen: tuple[LocalGpu, ...], least: LocalGpu) -> tuple[Finding, ...]:
    if len({(gpu.name, gpu.memory_gib) for gpu in chosen}) == 1:
        return ()
    return (
        Finding(
            level="WARNING",
            id="mixed-gpus",
            message=f"these GPUs differ ({', '.join(map(_with_index, chosen))}): each is used as if it were "
            f"{least.name} with {least.memory_gib:.1f} GiB; compute.devices or compute.gpu takes like ones",
        ),
    )


def _unknown(gpu: LocalGpu) -> Finding:
    return Finding(
        level="WARNING",
        id="unknown-gpu",
        message=f"{gpu.name} is not in the catalogue: its memory is what nvidia-smi says, and its speed is taken to be "
        "low, so real answers come sooner than estimated here",
    )
