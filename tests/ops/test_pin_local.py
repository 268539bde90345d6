"""``ops pin`` on a stack for this machine: what floats there, and nothing of AWS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.stack_file import read_stack_file
from tests.ops.deployed_stack import Folder, make_folder, write_program
from tests.ops.sources import COMMIT, DIGEST, Sources, serving

MODEL = "Qwen/Qwen2.5-1.5B-Instruct"


@pytest.fixture
def sources() -> Iterator[Sources]:
    made = Sources(revisions={(MODEL, "main"): COMMIT}, images={("vllm/openai", "v0.32.0"): DIGEST})
    with serving(made):
        yield made


@pytest.fixture
def folder(sources: Sources, tmp_path: Path) -> Folder:
    """A machine with a GPU."""
    made = make_folder(tmp_path, outputs=None, environment={"HF_ENDPOINT": f"http://{sources.address}"})
    write_program(tmp_path / "bin", "nvidia-smi", "echo '0, NVIDIA GeForce RTX 4090, 24564, 8.9'")
    write(made, f"  vllm:image: {{repository: {sources.address}/vllm/openai}}\n")
    return made


def write(folder: Folder, more: str = "") -> None:
    folder.stack_file("local").write_text(f"config:\n  vllm:target: local\n  vllm:model: {MODEL}\n{more}")


def test_revision_and_digest_are_written(folder: Folder, sources: Sources) -> None:
    done = folder.ops("pin", "--stack", "local")
    assert done.returncode == 0, done.stderr
    assert read_stack_file(stack="local", root=folder.path) == {
        "vllm:target": "local",
        "vllm:model": {"id": MODEL, "revision": COMMIT},
        "vllm:image": {"repository": f"{sources.address}/vllm/openai", "digest": DIGEST},
    }
    assert "the server restarts at the next pulumi up" in done.stderr
    assert not (folder.path / "pulumi-arguments").exists()


def test_the_image_of_machines_with_a_gpu_is_not_pinned_on_one_without(folder: Folder) -> None:
    (folder.path / "bin" / "nvidia-smi").unlink()
    write(folder)
    done = folder.ops("pin", "--stack", "local")
    assert done.returncode == 0, done.stderr
    assert read_stack_file(stack="local", root=folder.path)["vllm:model"] == {"id": MODEL, "revision": COMMIT}
    assert "digest" not in done.stdout
