"""What the publisher is told: the host's environment file, and paths that tests set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``address``, ``port``: where the metrics are served. ``spec``: the metrics that are put. ``planned_concurrency``:
    requests at once, of the preferred type."""

    stack: str
    run_dir: Path
    cache_dir: Path
    spec: Path
    vllm_port: int
    address: str
    port: int
    planned_concurrency: int

    @property
    def state_file(self) -> Path:
        return self.run_dir / "publisher.json"

    @property
    def kernel_cursor(self) -> Path:
        return self.run_dir / "publisher-kernel-log"

    @property
    def boot_report(self) -> Path:
        return self.run_dir / "boot-report.json"

    @property
    def counted(self) -> Path:
        """What measure.sh has counted: a file for each name, a number a line."""
        return self.run_dir / "counted"

    @property
    def type_env(self) -> Path:
        """What this host's type changes in its environment; only where the stack has several types."""
        return self.run_dir / "type.env"

    @property
    def out_of_rotation(self) -> Path:
        return self.run_dir / "out-of-rotation"


def settings_of(environment: Mapping[str, str]) -> Settings:
    """KeyError when the host's environment lacks a variable."""
    opened = environment["METRICS_PORT_OPEN"] == "true"
    return Settings(
        stack=environment["STACK"],
        run_dir=Path(environment.get("RUN_DIR", "/run/vllm")),
        cache_dir=Path(environment.get("CACHE_DIR", "/mnt/cache")),
        spec=Path(environment.get("PUBLISHER_SPEC", Path(__file__).parent / "metrics.json")),
        vllm_port=int(environment.get("VLLM_PORT", "8000")),
        address="0.0.0.0" if opened else "127.0.0.1",  # noqa: S104 (the security group says who may)
        port=int(environment.get("METRICS_PORT", "9400")),
        planned_concurrency=int(environment["PLANNED_CONCURRENCY"]),
    )
