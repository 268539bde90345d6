"""Images as files, the way a registry keeps them: one layer from a folder, a config and a manifest."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from rehearsal.host.registry import CONFIG_TYPE, LAYER_TYPE, MANIFEST_TYPE, StoredImage

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def find(folder: Path) -> StoredImage | None:
    """The image that ``store`` left there, complete."""
    image = StoredImage(folder=folder)
    return image if image.manifest.exists() else None


def store(*, root: Path, folder: Path, config: Mapping[str, object]) -> StoredImage:
    """Write layer, config and manifest; the manifest comes last and makes it complete.

    config: what containers of the image start with, in the words of the OCI image specification (``Entrypoint``, ...).
    """
    blobs = folder / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    tar = subprocess.run(["tar", "-C", str(root), "-c", "."], capture_output=True, check=True).stdout
    layer = gzip.compress(tar, compresslevel=1, mtime=0)
    described = [
        _blob(
            blobs=blobs, content=_image(config, diff_id=f"sha256:{hashlib.sha256(tar).hexdigest()}"), kind=CONFIG_TYPE
        ),
        _blob(blobs=blobs, content=layer, kind=LAYER_TYPE),
    ]
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": described[0], "layers": described[1:]}
    image = StoredImage(folder=folder)
    image.manifest.write_text(json.dumps(manifest))
    return image


def _image(config: Mapping[str, object], *, diff_id: str) -> bytes:
    text = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
            "history": [{"created_by": "rehearsal"}],
        }
    )
    return text.encode()


def _blob(*, blobs: Path, content: bytes, kind: str) -> dict[str, str | int]:
    name = hashlib.sha256(content).hexdigest()
    (blobs / name).write_bytes(content)
    return {"mediaType": kind, "size": len(content), "digest": f"sha256:{name}"}
