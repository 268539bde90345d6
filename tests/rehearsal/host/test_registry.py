"""The registry serves one image by tag and digest, and nothing else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from rehearsal.host.registry import Registry, StoredImage
from rehearsal.host.web import Answer, Request

LAYER = b"a layer"
LAYER_NAME = hashlib.sha256(LAYER).hexdigest()
MANIFEST = b'{"schemaVersion": 2}'


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / LAYER_NAME).write_bytes(LAYER)
    (tmp_path / "manifest.json").write_bytes(MANIFEST)
    return Registry(image=StoredImage(folder=tmp_path), repository="vllm/vllm-openai", tag="v0.32.0")


def ask(registry: Registry, path: str) -> Answer:
    return registry.respond(Request(method="GET", path=path, query={}, headers={}))


def test_the_manifest_is_found_by_tag_and_by_digest(registry: Registry) -> None:
    digest = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
    for reference in ("v0.32.0", digest):
        answer = ask(registry, f"/v2/vllm/vllm-openai/manifests/{reference}")
        assert (answer.status, answer.headers["Docker-Content-Digest"]) == (200, digest)


def test_blobs_are_files(registry: Registry) -> None:
    answer = ask(registry, f"/v2/vllm/vllm-openai/blobs/sha256:{LAYER_NAME}")
    assert isinstance(answer.body, Path)
    assert answer.body.read_bytes() == LAYER


@pytest.mark.parametrize(
    "path",
    [
        "/v2/vllm/vllm-openai/manifests/latest",
        "/v2/library/debian/manifests/v0.32.0",
        f"/v2/library/debian/blobs/sha256:{LAYER_NAME}",
        f"/v2/vllm/vllm-openai/blobs/sha256:{'0' * 64}",
        "/v2/vllm/vllm-openai/blobs/sha256:../../manifest.json",
    ],
)
def test_everything_else_is_an_error_that_docker_can_read(registry: Registry, path: str) -> None:
    answer = ask(registry, path)
    assert answer.status == 404
    assert json.loads(str(answer.body))["errors"][0]["code"].endswith("_UNKNOWN")
