"""Free space, and how much of a model a HuggingFace cache holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from machine.disk import disk_of, model_gib

MODEL = "Qwen/Qwen2.5-1.5B-Instruct"


def test_a_disk_is_that_of_the_folder(tmp_path: Path) -> None:
    disk = disk_of(tmp_path)
    assert disk is not None
    assert disk.device == tmp_path.stat().st_dev
    assert disk.free_gib > 0


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert disk_of(tmp_path / "no") is None


def test_a_model_is_the_sum_of_its_blobs_and_no_other(tmp_path: Path) -> None:
    for folder, size in (("models--Qwen--Qwen2.5-1.5B-Instruct", 3 * 2**20), ("models--other--model", 2**20)):
        blobs = tmp_path / "hub" / folder / "blobs"
        snapshot = tmp_path / "hub" / folder / "snapshots" / "abc"
        blobs.mkdir(parents=True)
        snapshot.mkdir(parents=True)
        (blobs / "1").write_bytes(b"x" * size)
        (snapshot / "model.safetensors").symlink_to(blobs / "1")
    assert model_gib(tmp_path, model=MODEL) == pytest.approx(3 / 1024)


def test_an_empty_cache_holds_nothing(tmp_path: Path) -> None:
    assert model_gib(tmp_path, model=MODEL) == 0.0


def test_of_a_cache_that_cannot_be_seen_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert model_gib(tmp_path / "no", model=MODEL) is None
    assert model_gib(tmp_path / "file", model=MODEL) is None
