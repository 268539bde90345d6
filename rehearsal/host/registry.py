"""The read side of a container registry (Docker Registry HTTP API V2) for one image, as Docker Hub would serve it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from rehearsal.host.web import Answer, Request

MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"
LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_MANIFEST = re.compile(r"/v2/(?P<name>.+)/manifests/(?P<reference>[^/]+)")
_BLOB = re.compile(r"/v2/(?P<name>.+)/blobs/(?P<digest>sha256:[0-9a-f]{64})")


@dataclass(frozen=True, kw_only=True)
class StoredImage:
    """An image as files: ``folder`` holds ``manifest.json`` and its blobs under ``blobs/<hex digest>``."""

    folder: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.manifest.read_bytes()).hexdigest()}"


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Serves ``image`` as ``repository``, under ``tag`` and under its digest; everything else is a 404."""

    image: StoredImage
    repository: str
    tag: str

    def respond(self, request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Answer(status=405)
        if request.path in ("/v2", "/v2/"):
            return Answer(headers={"Docker-Distribution-Api-Version": "registry/2.0"}, body="{}")
        if match := _MANIFEST.fullmatch(request.path):
            known = (self.tag, self.image.digest)
            if match["name"] == self.repository and match["reference"] in known:
                headers = {"Content-Type": MANIFEST_TYPE, "Docker-Content-Digest": self.image.digest}
                return Answer(headers=headers, body=self.image.manifest)
            return _error("MANIFEST_UNKNOWN", f"the rehearsal serves {self.repository}:{self.tag} only")
        if match := _BLOB.fullmatch(request.path):
            blob = self.image.folder / "blobs" / match["digest"].removeprefix("sha256:")
            if match["name"] == self.repository and blob.exists():
                headers = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": match["digest"]}
                return Answer(headers=headers, body=blob)
        return _error("BLOB_UNKNOWN", "no such blob")


def _error(code: str, message: str) -> Answer:
    body = json.dumps({"errors": [{"code": code, "message": message}]})
    return Answer(status=404, headers={"Content-Type": "application/json"}, body=body)
