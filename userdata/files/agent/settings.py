"""What the agent is told: the host's environment file, and paths that tests set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .health import Limits


@dataclass(frozen=True, kw_only=True)
class Settings:
    scripts: Path
    run_dir: Path
    cache_dir: Path
    imds: str
    port: int
    served_name: str
    limits: Limits

    @property
    def keys_file(self) -> Path:
        return self.run_dir / "secrets" / "config.yaml"


def settings_of(environment: Mapping[str, str]) -> Settings:
    """KeyError when the host's environment lacks a variable."""
    return Settings(
        scripts=Path(environment.get("SCRIPTS_DIR", "/opt/vllm")),
        run_dir=Path(environment.get("RUN_DIR", "/run/vllm")),
        cache_dir=Path(environment.get("CACHE_DIR", "/mnt/cache")),
        imds=environment.get("IMDS", "http://169.254.169.254"),
        port=int(environment.get("VLLM_PORT", "8000")),
        served_name=environment["SERVED_NAME"],
        limits=Limits(stall_s=float(environment["STALL_S"]), ready_s=float(environment["VLLM_ENGINE_READY_TIMEOUT_S"])),
    )
