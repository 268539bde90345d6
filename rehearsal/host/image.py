"""The two images of a rehearsed host: its own root, and the vLLM image that it pulls. Both are made here and cached.

How the vLLM image reaches the host's engine. The real one is pulled from Docker Hub, and so is this: by `docker pull`
through a registry mirror (registry.py), from a manifest, a config and a layer. Its layer is a bare Debian with
libnuma1 (about 50 MB). vLLM itself, the real one for CPUs with its Python (6 GB), is mounted into the container by what
stands for the NVIDIA runtime hook, where the real hook mounts the driver. Measured on 2 cores: a 7 GB layer takes about
2 minutes to pull and 7 GB more disk for each cache slot; this takes seconds, and no step of the host's scripts differs.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.host import root, stored
from rehearsal.host.cpu_vllm import CpuVllm
from rehearsal.host.engine import ContainerEngine
from rehearsal.host.errors import HostRehearsalError
from rehearsal.host.paths import cache_folder
from rehearsal.host.registry import StoredImage

HERE = Path(__file__).resolve().parent
HUB_ADDRESS = "198.18.0.10"  # see host_root/opt/rehearsal/init
REPOSITORY = "vllm-rehearsal"

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Images:
    host: str  # image reference in the engine
    vllm: StoredImage
    cpu: CpuVllm


def ensure_images(*, engine: ContainerEngine, say: Say = lambda _: None) -> Images:
    """Everything that a boot needs, from the cache or made now (about 2 minutes, plus vLLM's own installation)."""
    cpu = CpuVllm.ensure()
    return Images(
        host=_host_image(engine=engine, say=say),
        vllm=vllm_image(cpu=cpu, say=say),
        cpu=cpu,
    )


def _host_image(*, engine: ContainerEngine, say: Say) -> str:
    base = f"{REPOSITORY}/base:{_hash(texts=[root.SUITE, root.AWS_CLI, *root.HOST_PACKAGES])}"
    image = f"{REPOSITORY}/host:{_hash(texts=[base], tree=HERE / 'host_root')}"
    if _has(engine, image):
        return image
    if not _has(engine, base):
        _need_root()
        say("making the host's root: Debian, systemd, cloud-init, docker, AWS CLI")
        with root.debian_root(packages=root.HOST_PACKAGES) as folder:
            root.install_aws_cli(folder)
            _import(engine=engine, folder=folder, image=base)
    container = engine.docker("create", "--network", "none", base, "/opt/rehearsal/setup")
    try:
        engine.docker("cp", f"{HERE / 'host_root'}/.", f"{container}:/")
        engine.docker("start", "--attach", container)
        engine.docker("commit", "--change", 'CMD ["/opt/rehearsal/init"]', container, image)
    finally:
        engine.docker("rm", "--force", container, check=False)
    _forget_others(engine=engine, keep=(base, image))
    return image


def _forget_others(*, engine: ContainerEngine, keep: Sequence[str]) -> None:
    """Images that an earlier version of these files made; one that is in use stays."""
    for name in engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines():
        if name.startswith(f"{REPOSITORY}/") and name not in keep:
            engine.docker("rmi", name, check=False)


def _import(*, engine: ContainerEngine, folder: Path, image: str) -> None:
    with subprocess.Popen(["tar", "-C", str(folder), "-c", "."], stdout=subprocess.PIPE) as tar:
        if tar.stdout is None:
            raise HostRehearsalError("tar gave no output")
        engine.docker("import", "-", image, stdin=tar.stdout)


def vllm_image(*, cpu: CpuVllm, say: Say = lambda _: None) -> StoredImage:
    """As the real one is started: `vllm serve`, with the real one's Python for scripts."""
    key = _hash(texts=[root.SUITE, *root.VLLM_PACKAGES, str(cpu.folder)], tree=HERE / "vllm_root")
    folder = cache_folder() / f"vllm-image-{key}"
    if found := stored.find(folder):
        return found
    _need_root()
    say("making the vLLM image's layer")
    with root.debian_root(packages=root.VLLM_PACKAGES) as base:
        shutil.copytree(HERE / "vllm_root", base, dirs_exist_ok=True)
        return stored.store(root=base, folder=folder, config=_config(cpu))


def _config(cpu: CpuVllm) -> Mapping[str, object]:
    environment = {
        "PATH": stored.PATH,
        "REHEARSAL_VLLM": str(cpu.folder),
        "HF_ENDPOINT": f"http://{HUB_ADDRESS}",
        "HF_HUB_DISABLE_XET": "1",
    }
    return {
        "Entrypoint": ["vllm", "serve"],
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "WorkingDir": "/vllm-workspace",
    }


def _has(engine: ContainerEngine, image: str) -> bool:
    return bool(engine.docker("images", "--quiet", image))


def _need_root() -> None:
    if reason := root.missing():
        raise HostRehearsalError(reason)


def _hash(*, texts: Sequence[str], tree: Path | None = None) -> str:
    """A short name for exactly these inputs: texts, and names, modes and contents of the files of a tree."""
    digest = hashlib.sha256("\0".join(texts).encode())
    if tree is not None:
        for path in sorted(path for path in tree.rglob("*") if path.is_file()):
            digest.update(f"\0{path.relative_to(tree)}\0{path.stat().st_mode & 0o111}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
