"""A host whose publisher is the real one: around it a vLLM, programs and disks that tell what a test wants."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from monitoring.published import publisher_spec
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from tests.program.ringing.server import FakeVllm
from userdata.files.aws_call.client import CLOUDWATCH, make_client
from userdata.files.publisher.commands import Commands
from userdata.files.publisher.hardware import Hardware
from userdata.files.publisher.loop import Loop
from userdata.files.publisher.scrape import Vllm
from userdata.files.publisher.settings import Settings
from userdata.files.publisher.spec import metrics_of

PLANNED_CONCURRENCY = 16
_PROGRAMS = {
    "nvidia-smi": 'cat "{folder}/gpus"',
    "systemctl": 'cat "{folder}/restarts"',
    "journalctl": 'cat "{folder}/kernel"; : >"{folder}/kernel"',
}


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@dataclass(kw_only=True)
class Machine:
    """``temperature`` in degrees, memory and disks as ratios; ``hung``: its requests make no progress;
    ``silent``: its publisher is not there."""

    folder: Path
    vllm: FakeVllm
    aws: EmulatedAws
    wall: ManualClock
    stack: str
    temperature: float = 60
    gpu_memory: float = 0.8
    memory: float = 0.5
    cache_disk: float = 0.5
    root_disk: float = 0.5
    restarts: int = 0
    hung: bool = False
    silent: bool = False
    kernel: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        programs = self.folder / "bin"
        programs.mkdir(parents=True)
        for name, body in _PROGRAMS.items():
            file = programs / name
            file.write_text(f"#!/bin/sh\n{body.format(folder=self.folder)}\n")
            file.chmod(0o755)
        settings = self._settings()
        settings.run_dir.mkdir()
        settings.cache_dir.mkdir()
        settings.spec.write_text(publisher_spec())
        settings.boot_report.write_text(json.dumps({"total_s": 300}))
        commands = Commands(environment={"PATH": f"{programs}:/usr/bin:/bin"})
        clock = self.wall.seconds
        cloudwatch = make_client(CLOUDWATCH, self.aws.environment())
        cloudwatch.wall = lambda: self.aws.now
        cloudwatch.attempts = 1
        self.hardware = Hardware(settings=settings, commands=commands, meminfo=self.folder / "meminfo", clock=clock)
        self.loop = Loop(
            settings=settings,
            metrics=metrics_of(settings.spec.read_text()),
            vllm=Vllm(port=settings.vllm_port, clock=clock),
            hardware=self.hardware,
            cloudwatch=cloudwatch,
            wall=cloudwatch.now,
            say=lambda _: None,
        )

    def look_at_hardware(self) -> None:
        """What the publisher does once a minute."""
        used = int(self.gpu_memory * 1000)
        (self.folder / "gpus").write_text(f"0, {self.temperature}, {used}, 1000\n")
        (self.folder / "restarts").write_text(f"{self.restarts}\n")
        (self.folder / "kernel").write_text("".join(f"{line}\n" for line in self.kernel))
        self.kernel.clear()
        free = round((1 - self.memory) * 1000)
        (self.folder / "meminfo").write_text(f"MemTotal: 1000 kB\nMemAvailable: {free} kB\n")
        with patch("shutil.disk_usage", self.disk_usage):
            self.hardware.look()

    def disk_usage(self, path: Path) -> Usage:
        """In the place of shutil.disk_usage: no test may fill a disk."""
        ratio = self.root_disk if path == Path("/") else self.cache_disk
        used = round(ratio * 1000)
        return Usage(total=1000, used=used, free=1000 - used)

    def tick(self) -> None:
        if not self.silent:
            self.loop.tick(self.wall.seconds())

    def _settings(self) -> Settings:
        return Settings(
            stack=self.stack,
            run_dir=self.folder / "run",
            cache_dir=self.folder / "cache",
            spec=self.folder / "metrics.json",
            vllm_port=self.vllm.port,
            address="127.0.0.1",
            port=0,
            planned_concurrency=PLANNED_CONCURRENCY,
        )
