"""Where this machine keeps what is slow to make."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/vllm-pulumi`` (``~/.cache`` when unset), created when missing."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "vllm-pulumi"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def process_is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
