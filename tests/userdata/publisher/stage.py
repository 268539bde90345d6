"""A publisher on a folder, with a vLLM that says what the test wants and time that passes when the test says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitoring.published import publisher_spec
from userdata.files.publisher.commands import Commands
from userdata.files.publisher.hardware import Hardware
from userdata.files.publisher.loop import Loop
from userdata.files.publisher.scrape import Vllm
from userdata.files.publisher.settings import settings_of
from userdata.files.publisher.spec import metrics_of

START = datetime(2026, 11, 24, 15, 0, 0, tzinfo=UTC)


@dataclass(kw_only=True)
class Said(Vllm):
    """``text`` None: vLLM does not answer."""

    port: int = 0
    text: str | None = None
    asked: int = 0

    def metrics(self) -> str | None:
        self.asked += 1
        return self.text

    def version(self) -> str | None:
        return "0.32.0"


@dataclass(kw_only=True)
class Cloudwatch:
    trouble: Exception | None = None
    sent: list[dict[str, Any]] = field(default_factory=list)

    def call(self, action: str, arguments: dict[str, Any], *, again: bool) -> object:
        del action, again
        if self.trouble is not None:
            raise self.trouble
        self.sent.append(arguments)
        return {}

    def sums(self) -> dict[str, float]:
        """Of all that has arrived, by metric."""
        found: dict[str, float] = {}
        for request in self.sent:
            for entry in request["MetricData"]:
                total = sum(value * count for value, count in zip(entry["Values"], entry["Counts"], strict=True))
                found[entry["MetricName"]] = found.get(entry["MetricName"], 0.0) + total
        return found


@dataclass(kw_only=True)
class Stage:
    run_dir: Path
    vllm: Said = field(default_factory=Said)
    cloudwatch: Cloudwatch = field(default_factory=Cloudwatch)
    said: list[str] = field(default_factory=list)
    now_s: float = 1000

    def __post_init__(self) -> None:
        self.loop = self.begin()

    def begin(self) -> Loop:
        """A publisher that finds what the one before has left."""
        plan = {"STACK": "dev", "METRICS_PORT_OPEN": "false", "PLANNED_CONCURRENCY": "8"}
        settings = settings_of({**plan, "RUN_DIR": str(self.run_dir)})
        self.loop = Loop(
            settings=settings,
            metrics=metrics_of(publisher_spec()),
            vllm=self.vllm,
            hardware=Hardware(settings=settings, commands=Commands(environment={}), clock=lambda: self.now_s),
            cloudwatch=self.cloudwatch,
            wall=lambda: START,
            say=self.said.append,
        )
        return self.loop

    def pass_s(self, seconds: float) -> None:
        """As ``main`` does: the loop says when it wants to be called."""
        end_s = self.now_s + seconds
        while (wait_s := self.loop.tick(self.now_s)) <= end_s - self.now_s:
            assert wait_s > 0
            self.now_s += wait_s
        self.now_s = end_s

    def boot_is_done(self) -> None:
        (self.run_dir / "boot-report.json").write_text('{"total_s": 321.5}')

    def served(self) -> Mapping[str, str]:
        """The host's series without labels, as Prometheus gets them now."""
        lines = (line for line in self.loop.host_text.splitlines() if not line.startswith("#"))
        return dict(line.split(" ") for line in lines)
