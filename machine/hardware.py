"""The GPUs, memory and processors of this machine, as ``nvidia-smi`` and the operating system say."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping

from sizing.local import Hardware, LocalGpu

MIB_PER_GIB = 1024
BYTES_PER_GIB = 2**30
NVIDIA_SMI_TIMEOUT_S = 60  # without the persistence daemon it initialises every GPU first
QUERY = "--query-gpu=index,name,memory.total,compute_cap"  # MiB; nvidia-smi --help-query-gpu
FORMAT = "--format=csv,noheader,nounits"
WSL_FOLDER = "/usr/lib/wsl/lib"  # where Windows puts the driver's tools, not always on PATH


def hardware(environment: Mapping[str, str] = os.environ) -> Hardware:
    """What is here. No GPU and no trouble where there is no nvidia-smi; a failing nvidia-smi is ``gpu_trouble``."""
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / BYTES_PER_GIB
    gpus: tuple[LocalGpu, ...] = ()
    trouble = ""
    program = _nvidia_smi(environment)
    if program is not None:
        try:
            gpus = read_gpus(_asked(program), memory_gib=memory_gib)
        except _NvidiaSmiError as error:
            trouble = str(error)
    return Hardware(gpus=gpus, memory_gib=memory_gib, vcpus=os.cpu_count() or 1, gpu_trouble=trouble)


class _NvidiaSmiError(Exception):
    """It is there and did not say what GPUs there are; the text has its own words."""


def _nvidia_smi(environment: Mapping[str, str]) -> str | None:
    return shutil.which("nvidia-smi", path=f"{environment.get('PATH', os.defpath)}{os.pathsep}{WSL_FOLDER}")


def _asked(program: str) -> str:
    try:
        done = subprocess.run(
            [program, QUERY, FORMAT], capture_output=True, text=True, check=False, timeout=NVIDIA_SMI_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise _NvidiaSmiError(f"nvidia-smi does not answer within {NVIDIA_SMI_TIMEOUT_S} s") from None
    except OSError as error:
        raise _NvidiaSmiError(f"{program} cannot be run: {error.strerror}") from None
    if done.returncode != 0:  # it writes its reasons to either stream
        said = " ".join(f"{done.stdout} {done.stderr}".split())
        raise _NvidiaSmiError(said or f"nvidia-smi ended with {done.returncode}")
    return done.stdout


def read_gpus(text: str, *, memory_gib: float) -> tuple[LocalGpu, ...]:
    """From lines such as ``0, NVIDIA GeForce RTX 4090, 24564, 8.9``.

    A GPU that shares the machine's memory says ``[N/A]`` (GB10): then it is ``memory_gib``.
    """
    return tuple(_gpu(line, memory_gib=memory_gib) for line in text.splitlines() if line.strip())


def _gpu(line: str, *, memory_gib: float) -> LocalGpu:
    try:
        index, name, memory_mib, capability = (field.strip() for field in line.split(","))
        return LocalGpu(
            index=int(index),
            name=name,
            memory_gib=memory_gib if memory_mib.startswith("[") else int(memory_mib) / MIB_PER_GIB,
            compute_capability=float(capability),
        )
    except ValueError:
        raise _NvidiaSmiError(f"nvidia-smi says something unexpected: {line.strip()}") from None
