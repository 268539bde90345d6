"""What nvidia-smi says, by a stand-in on PATH."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from machine.hardware import hardware
from sizing.local import Hardware, LocalGpu

RTX = "0, NVIDIA GeForce RTX 4090, 24564, 8.9"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    return tmp_path


def seen(programs: Path, script: str | None) -> Hardware:
    if script is not None:
        program = programs / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return hardware({"PATH": str(programs)})


def test_each_gpu_as_it_is_called(programs: Path) -> None:
    found = seen(programs, f"echo '{RTX}'; echo '1, NVIDIA RTX PRO 6000 Blackwell Workstation Edition, 97887, 12.0'")
    first, second = found.gpus
    assert first == LocalGpu(index=0, name="NVIDIA GeForce RTX 4090", memory_gib=24564 / 1024, compute_capability=8.9)
    assert (second.index, second.memory_gib, second.compute_capability) == (1, 97887 / 1024, 12.0)
    assert found.gpu_trouble == ""


def test_it_is_asked_for_these_fields(programs: Path) -> None:
    seen(programs, f"echo \"$@\" > {programs}/asked; echo '{RTX}'")
    assert (programs / "asked").read_text().split() == [
        "--query-gpu=index,name,memory.total,compute_cap",
        "--format=csv,noheader,nounits",
    ]


def test_memory_that_is_shared_with_the_machine_is_the_machines(programs: Path) -> None:
    found = seen(programs, "echo '0, NVIDIA GB10, [N/A], 12.1'")
    assert found.gpus[0].memory_gib == found.memory_gib


def test_a_machine_without_nvidia_smi_has_no_gpu_and_no_trouble(programs: Path) -> None:
    found = seen(programs, None)
    assert (found.gpus, found.gpu_trouble) == ((), "")


@pytest.mark.parametrize(
    ("script", "trouble"),
    [
        ("echo 'No devices were found'; exit 6", "No devices were found"),
        (
            'echo "NVIDIA-SMI has failed because it couldn\'t communicate with the NVIDIA driver."; exit 9',
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
        ),
        ("echo 'Failed to initialize NVML' >&2; exit 18", "Failed to initialize NVML"),
        ("exit 1", "nvidia-smi ended with 1"),
        ("echo 'ERR!'", "nvidia-smi says something unexpected: ERR!"),
        ("echo '0, NVIDIA A10G, ERR!, 8.6'", "nvidia-smi says something unexpected: 0, NVIDIA A10G, ERR!, 8.6"),
    ],
)
def test_a_driver_in_trouble_says_why(programs: Path, script: str, trouble: str) -> None:
    found = seen(programs, script)
    assert (found.gpus, found.gpu_trouble) == ((), trouble)


def test_what_cannot_be_run_is_trouble(programs: Path) -> None:
    program = programs / "nvidia-smi"
    program.write_text("#!/nonexistent/interpreter\n")
    program.chmod(0o755)
    assert "cannot be run" in seen(programs, None).gpu_trouble


def test_memory_and_processors_are_the_machines(programs: Path) -> None:
    found = seen(programs, None)
    total_kib = next(
        int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal:")
    )
    assert found.memory_gib == pytest.approx(total_kib / 2**20, rel=0.01)
    assert found.vcpus == os.cpu_count()
