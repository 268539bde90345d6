"""A machine with a container engine, for one process and whatever it starts: in name spaces of its own, so that its
network, its ports, its mounts and its processes are nobody else's and end with it. Nothing outside can be reached.

Images come by `docker pull` from a registry of ours, model files by huggingface_hub from a hub of ours.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rehearsal.host.daemon import answers
from rehearsal.host.hub import Hub, tiny_model_files
from rehearsal.host.image import HUB_ADDRESS
from rehearsal.host.relay import Port, relay
from rehearsal.host.web import serve
from tests.e2e.local.images import Images, Registries
from tests.e2e.processes import await_that

STAND_INS = Path(__file__).resolve().parent / "stand_ins"
SOCKET = Path("/var/run/docker.sock")  # the default one: /run is the machine's own
REGISTRY_PORT = 5000
START_TIMEOUT_S = 180.0
ENTER = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"),
)
"""Before a command: what the machine is made of. It ends with whoever started it."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """``folder`` holds the engine's data."""

    folder: Path
    host: str

    def docker(self, *arguments: str) -> str:
        """Standard output; CalledProcessError when it fails."""
        done = subprocess.run(
            ["docker", "--host", self.host, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
        return done.stdout.decode(errors="replace").strip()

    def names(self, kind: str, *options: str) -> frozenset[str]:
        """Of the containers, networks, volumes or images that are here; kind: ``container``, ``network``, ..."""
        form = {"container": "{{.Names}}", "image": "{{.Repository}}:{{.Tag}}"}.get(kind, "{{.Name}}")
        listed = self.docker(kind, "ls", *(["--all"] if kind == "container" else []), *options, "--format", form)
        return frozenset(listed.split())


@contextmanager
def machine(*, folder: Path, images: Images, vllm: str, nginx: str) -> Iterator[Machine]:
    """Inside of ENTER. vllm, nginx: what Docker Hub has here; folder: is made, and for the caller to
    remove when the name spaces are gone, and with them what is mounted there."""
    folder.mkdir()
    with ExitStack() as stack:
        _set_up_network()
        # What Docker keeps in /run, its socket too, is this machine's own.
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        registries = Registries({nginx: images.nginx, vllm: images.vllm, **images.others})
        hub = Hub(files=tiny_model_files(images.cpu.model), token=None)
        stack.enter_context(serve(respond=registries.respond, socket=folder / "registry.sock"))
        stack.enter_context(serve(respond=hub.respond, socket=folder / "hub.sock"))
        stack.enter_context(relay(listen=Port(number=REGISTRY_PORT), connect=folder / "registry.sock"))
        stack.enter_context(relay(listen=Port(number=80, host=HUB_ADDRESS), connect=folder / "hub.sock"))
        runtime = _runtime(folder, shared=(images.cpu.folder, images.cpu.python))
        arguments = (
            f"--registry-mirror=http://127.0.0.1:{REGISTRY_PORT}",
            f"--add-runtime=shared={runtime}",
            "--default-runtime=shared",
        )
        yield stack.enter_context(engine(folder / "docker", *arguments))


@contextmanager
def engine(data: Path, *arguments: str, socket: Path = SOCKET) -> Iterator[Machine]:
    """A dockerd that keeps its data there; what it keeps besides is beside its socket."""
    data.mkdir(exist_ok=True)
    host = f"unix://{socket}"
    log = data.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                "dockerd",
                f"--host={host}",
                f"--data-root={data}",
                f"--exec-root={socket.with_suffix('')}",
                f"--pidfile={socket.with_suffix('.pid')}",
                *arguments,
            ],
            stdout=output,
            stderr=output,
        )
    try:
        await_that(
            lambda: process.poll() is not None or answers(host), what="an answer of dockerd", timeout_s=START_TIMEOUT_S
        )
        assert process.poll() is None, f"dockerd ended: {log.read_text(errors='replace')[-800:]}"
        yield Machine(folder=data.parent, host=host)
    finally:
        process.kill()  # what it ran ends with the name spaces
        process.wait()


def _set_up_network() -> None:
    """The loopback device, with the address at which containers find the hub."""
    for command in ("ip link set lo up", f"ip address add {HUB_ADDRESS}/32 dev lo"):
        subprocess.run(shlex.split(command), check=True)


def _runtime(folder: Path, *, shared: Sequence[Path]) -> Path:
    script = folder / "runtime"
    command = shlex.join([sys.executable, "-IS", str(STAND_INS / "runtime.py"), *map(str, shared), "--"])
    script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    script.chmod(0o755)
    return script


def put_on_path(folder: Path, *names: str) -> None:
    """These stand-ins are the first on this process's PATH, from now on."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(STAND_INS / name)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
