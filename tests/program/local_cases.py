"""The program for one machine whose hardware, Docker engine and secrets are made up."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from config.models import StackConfig
from config.sources import load_stack_file
from machine.names import Names
from machine.secret_files import SecretFiles
from rehearsal.graph.model import Graph, Resource
from rehearsal.graph.record import record_graph
from sizing.local import Hardware, LocalGpu
from sizing.plan import Plan
from sizing.prepare import prepare
from tests.machine.docker_stand_in import engine_answering, info
from tests.program.cases import ROOT, stack_folder, values_of

CONTAINER = "docker:index/container:Container"
VOLUME = "docker:index/volume:Volume"
NETWORK = "docker:index/network:Network"
KEYS = '{"keys": {"me": {"key": "sk-1", "created": "2026-01-01T00:00:00Z"}}}'
UID = 1000
NVIDIA = {"Runtimes": {"nvidia": {"path": "nvidia-container-runtime"}}}


def gpus(count: int, *, name: str, memory_gib: float, compute_capability: float) -> Hardware:
    return Hardware(
        gpus=tuple(
            LocalGpu(index=index, name=name, memory_gib=memory_gib, compute_capability=compute_capability)
            for index in range(count)
        ),
        memory_gib=256.0,
        vcpus=32,
    )


ONE_4090 = gpus(1, name="NVIDIA GeForce RTX 4090", memory_gib=24564 / 1024, compute_capability=8.9)
FOUR_A100 = gpus(4, name="NVIDIA A100-SXM4-80GB", memory_gib=80.0, compute_capability=8.0)
NO_GPU = Hardware(gpus=(), memory_gib=64.0, vcpus=16)


@dataclass(frozen=True, kw_only=True)
class LocalCase:
    """``home``: the folder of the user; ``secrets``: that of keys and token."""

    config: StackConfig
    plan: Plan
    graph: Graph
    home: Path
    secrets: Path

    @property
    def names(self) -> Names:
        return Names(self.config.stack)

    def container(self, name: str) -> Resource:
        (found,) = (item for item in self.graph.of_type(CONTAINER) if item.inputs["name"] == name)
        return found

    @property
    def server(self) -> Resource:
        return self.container(self.names.server)

    @property
    def front(self) -> Resource:
        return self.container(self.names.front)


@contextmanager
def machine(
    *, hardware: Hardware, docker_host: str | None = None, keys: str = KEYS, stack: str = "local"
) -> Iterator[Path]:
    """This machine as the program sees it; yields the user's home. ``docker_host`` None: an engine that has all."""
    with tempfile.TemporaryDirectory() as folder, engine_answering(_answers(Path(folder))) as engine:
        environment = {
            "HOME": folder,
            "XDG_DATA_HOME": f"{folder}/data",
            "XDG_CONFIG_HOME": f"{folder}/config",
            "DOCKER_HOST": docker_host or engine,
        }
        with (
            mock.patch.dict(os.environ, environment),
            mock.patch("machine.hardware.hardware", return_value=hardware),
            mock.patch("os.getuid", return_value=UID),
            mock.patch("machine.look.is_taken", return_value=False),
            mock.patch("machine.disk.shutil.disk_usage", return_value=mock.Mock(free=2**43)),
        ):
            Path(folder, ".cache", "huggingface").mkdir(parents=True)
            if keys:
                secrets = SecretFiles.of(stack)
                secrets.write_keys(keys)
                secrets.write_hf_token("hf_1")
            yield Path(folder)


def _answers(root: Path) -> Mapping[str, Any]:
    return {"/info": info(root, **NVIDIA), "/containers/json": []}


def local_case(*, hardware: Hardware = ONE_4090, stack: str = "local", **sections: Any) -> LocalCase:
    """``Pulumi.local.yaml`` with sections changed, on a machine that is ready for it."""
    with machine(hardware=hardware, stack=stack) as home:
        case = recorded(hardware=hardware, home=home, stack=stack, sections=sections)
    said = [message.text for message in case.graph.messages if message.severity == "error"]
    assert not said, said
    return case


def recorded(
    *,
    hardware: Hardware,
    home: Path,
    sections: Mapping[str, Any],
    stack: str = "local",
    plain: Mapping[str, Any] | None = None,
) -> LocalCase:
    """The program's graph, inside ``machine``. ``plain``: keys of other namespaces."""
    values = values_of("local") | {f"vllm:{name}": value for name, value in sections.items()} | dict(plain or {})
    with stack_folder(stack=stack, values=values) as root:
        config, plan = prepare(load_stack_file(stack=stack, root=root), root=root, hardware=lambda: hardware)
        graph = record_graph(stack=stack, root=root, program=ROOT / "__main__.py")
    return LocalCase(config=config, plan=plan, graph=graph, home=home, secrets=SecretFiles.of(stack).folder)
