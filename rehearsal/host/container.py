"""The container that plays an EC2 instance."""

from __future__ import annotations

import os
from pathlib import Path

from rehearsal.host.engine import ContainerEngine
from rehearsal.host.image import Images
from rehearsal.host.paths import process_is_alive

LABEL = "vllm-rehearsal.pid"
LOOP_MAJOR = 7
GPU_MAJOR = 195  # of /dev/nvidia*, see the kernel's devices.txt


def name(instance_id: str) -> str:
    return f"vllm-{instance_id}"


def start(*, engine: ContainerEngine, images: Images, instance_id: str, world: Path) -> None:
    """Boot it. Not privileged: every capability but the one that machines in a sandbox lack, and no network."""
    shared = (images.cpu.folder, images.cpu.python)
    engine.docker(
        *("run", "--detach", "--tty", "--name", name(instance_id), "--label", f"{LABEL}={os.getpid()}"),
        *("--hostname", "ip-10-0-0-10", "--network", "none", "--cgroupns", "host"),
        *("--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE", "--security-opt", "seccomp=unconfined"),
        *("--device-cgroup-rule", f"b {LOOP_MAJOR}:* rmw", "--device-cgroup-rule", f"c {GPU_MAJOR}:* rmw"),
        *("--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--shm-size", "4g"),
        *("--tmpfs", "/run", "--tmpfs", "/run/lock", "--volume", "/var/lib/docker", "--volume", "/var/lib/containerd"),
        *("--volume", f"{world}:/srv/rehearsal"),
        *("--volume", f"{world / 'settings'}:/etc/rehearsal:ro"),
        *("--volume", f"{world / 'seed'}:/var/lib/cloud/seed/nocloud:ro"),
        *(part for folder in shared for part in ("--volume", f"{folder}:{folder}:ro")),
        images.host,
    )


def remove(engine: ContainerEngine, container: str) -> None:
    """End it and whatever runs in it, with its anonymous volumes."""
    engine.docker("rm", "--force", "--volumes", container, check=False)


def remove_left_behind(engine: ContainerEngine) -> None:
    """Containers of rehearsals that were killed; they carry the process id of their rehearsal."""
    listed = engine.docker(
        "ps", "--all", "--filter", f"label={LABEL}", "--format", f'{{{{.ID}}}} {{{{.Label "{LABEL}"}}}}'
    )
    for line in listed.splitlines():
        container, pid = line.split()
        if not process_is_alive(int(pid)):
            remove(engine, container)
