"""Room on the slot for models that come from S3."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.userdata.host import make_host
from tests.userdata.test_cache_space import IMAGE, MODEL_GIB, Cache, dated, sparse


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    host = make_host(tmp_path / "host", CHECKPOINT_GIB=str(MODEL_GIB), IMAGE=IMAGE)
    host.path("args").write_text("/models/org/model\n")
    cache = Cache(host=host)
    cache.image(IMAGE, gib=30)
    return cache


def copied(cache: Cache, model: str, content: str, *, gib: int, age: int = 0) -> Path:
    folder = cache.path / "models" / model
    sparse(folder / content / "model.safetensors", gib)
    dated(folder, age)
    return folder


def test_a_copy_of_another_model_goes_when_room_is_needed(cache: Cache) -> None:
    ours = copied(cache, "org/model", "0a0a", gib=MODEL_GIB, age=9)
    other = copied(cache, "org/other", "0b0b", gib=45, age=1)
    cache.step()
    assert cache.removed == ["copy of org/other"]
    assert ours.exists()
    assert not other.exists()


def test_a_model_of_huggingface_before_it_goes_too(cache: Cache) -> None:
    copied(cache, "org/model", "0a0a", gib=MODEL_GIB)
    cache.revision("org/model", "0c" * 20, {"old": 45}, main=True, age=2)
    cache.step()
    assert cache.removed == [f"org/model at {'0c' * 20}"]


@pytest.mark.parametrize("content", ["0a0a", "incoming"])
def test_what_is_there_already_needs_no_room(cache: Cache, content: str) -> None:
    copied(cache, "org/model", content, gib=MODEL_GIB)
    sparse(cache.path / "not-of-vllm", 39)
    # 84 of 100 GiB are used: no room for the model once more.
    cache.step()
    assert cache.removed == []


def test_room_for_a_copy_is_asked_for_before_it_comes(cache: Cache) -> None:
    sparse(cache.path / "not-of-vllm", 60)
    cache.step(ok=False)
    assert "15 GiB for model /models/org/model" in cache.host.reason()


def test_a_link_among_the_copies_leads_nowhere(cache: Cache) -> None:
    outside = cache.host.path("outside")
    sparse(outside / "file", 1)
    (cache.path / "models/org").mkdir(parents=True)
    (cache.path / "models/org/link").symlink_to(outside)
    copied(cache, "org/other", "0b0b", gib=60)
    cache.step()
    assert (outside / "file").exists()
