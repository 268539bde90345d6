"""What file systems have free, and how much of a model a HuggingFace cache folder holds."""

from __future__ import annotations

import shutil
from pathlib import Path

from machine.facts import Disk

BYTES_PER_GIB = 2**30


def disk_of(path: Path) -> Disk | None:
    """None when the folder is not there, or cannot be seen."""
    try:
        free = shutil.disk_usage(path).free
        return Disk(path=path, free_gib=free / BYTES_PER_GIB, device=path.stat().st_dev)
    except OSError:
        return None


def model_gib(huggingface_home: Path, *, model: str) -> float | None:
    """GiB of the model's files in there, of all revisions; None when the folder cannot be read.

    As huggingface_hub lays a cache out: ``hub/models--ORG--NAME/blobs/<hash>``, with links to them from snapshots.
    """
    blobs = huggingface_home / "hub" / f"models--{model.replace('/', '--')}" / "blobs"
    try:
        next(huggingface_home.iterdir(), None)  # a folder that may not be read would look like an empty one
        return sum(file.lstat().st_size for file in blobs.iterdir()) / BYTES_PER_GIB
    except FileNotFoundError:
        return 0.0 if huggingface_home.is_dir() else None
    except OSError:
        return None
