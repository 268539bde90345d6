"""A HuggingFace hub that holds one tiny model under every name, so that the download and its token are real.

Follows the hub's HTTP API as huggingface_hub uses it: model info, file tree, and HEAD/GET of files. A gated model
answers 401 with ``X-Error-Code: GatedRepo`` unless the request carries the expected token.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rehearsal.host.web import Answer, Request

_COMMIT = re.compile(r"[0-9a-f]{40}")
_INFO = re.compile(r"/api/models/(?P<model>[^/]+/[^/]+)(/revision/(?P<revision>[^/]+))?")
_TREE = re.compile(r"/api/models/(?P<model>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)(/.*)?")
_FILE = re.compile(r"/(?P<model>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")
MAX_POSITION_EMBEDDINGS = 131072  # of the Llama 3.1 that the tiny model stands for


@dataclass(frozen=True)
class Hub:
    """``files`` maps file names to contents or paths; ``token`` None means that the model is not gated."""

    files: Mapping[str, bytes | Path]
    token: str | None

    def respond(self, request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Answer(status=405)
        if self.token is not None and request.headers.get("authorization") != f"Bearer {self.token}":
            return _refused()
        if match := _FILE.fullmatch(request.path):
            return self._file(name=match["file"], commit=self._commit(match["revision"]))
        if match := _TREE.fullmatch(request.path):
            return _json([self._entry(name) for name in sorted(self.files)])
        if match := _INFO.fullmatch(request.path):
            return _json(self._info(model=match["model"], commit=self._commit(match["revision"] or "main")))
        return Answer(status=404, headers={"X-Error-Code": "RepoNotFound"})

    def _commit(self, revision: str) -> str:
        """A pinned commit is taken as it is; a branch name resolves to the hash of what the hub holds."""
        return revision if _COMMIT.fullmatch(revision) else self._head

    @cached_property
    def _head(self) -> str:
        return _sha1(json.dumps({name: self._etag(name) for name in sorted(self.files)}).encode())

    def _etag(self, name: str) -> str:
        return _sha1(_read(self.files[name]))

    def _file(self, *, name: str, commit: str) -> Answer:
        if name not in self.files:
            return Answer(status=404, headers={"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit})
        headers = {"ETag": f'"{self._etag(name)}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        return Answer(headers=headers, body=self.files[name])

    def _entry(self, name: str) -> dict[str, str | int]:
        return {"type": "file", "path": name, "size": len(_read(self.files[name])), "oid": self._etag(name)}

    def _info(self, *, model: str, commit: str) -> dict[str, object]:
        return {
            "id": model,
            "modelId": model,
            "sha": commit,
            "private": False,
            "gated": "manual" if self.token else False,
            "tags": [],
            "siblings": [{"rfilename": name} for name in sorted(self.files)],
        }


def tiny_model_files(folder: Path) -> dict[str, bytes | Path]:
    """The files of the tiny model, with the context length of the model that it stands for."""
    files: dict[str, bytes | Path] = {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}
    config = json.loads((folder / "config.json").read_text())
    config["max_position_embeddings"] = MAX_POSITION_EMBEDDINGS
    files["config.json"] = json.dumps(config, indent=2).encode()
    return files


def _read(content: bytes | Path) -> bytes:
    return content.read_bytes() if isinstance(content, Path) else content


def _sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _json(value: object) -> Answer:
    return Answer(headers={"Content-Type": "application/json"}, body=json.dumps(value))


def _refused() -> Answer:
    message = "Access to this model is restricted. You must have access to it and be authenticated to access it."
    return Answer(
        status=401,
        headers={"X-Error-Code": "GatedRepo", "X-Error-Message": message},
        body=json.dumps({"error": message}),
    )
