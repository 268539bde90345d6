"""A model from S3, on a blank slot: the host copies it, the container only reads it, and HuggingFace is never asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from config.model_source import s3_prefix
from rehearsal.aws.given.models import given_model
from rehearsal.host.boot import BootedHost
from rehearsal.host.hub import tiny_model_files
from sizing.model_source import FOLDER
from tests.e2e.host.ground import KEY, Scene
from tests.e2e.host.plays import Plays, Stand

pytestmark = pytest.mark.e2e
SOURCE = "s3://team-models/llama/1"
MODEL = f"{FOLDER}/meta-llama/Llama-3.1-8B-Instruct"
BOOT_TIMEOUT_S = 1200.0


@dataclass(frozen=True, kw_only=True)
class Copied:
    hub_requests: int
    answer: tuple[int, Mapping[str, Any]]
    arguments: str  # of vLLM's process
    mounts: Mapping[str, bool]  # of the container, by place: may it write there
    written: str  # what the container's attempt to write into the model said
    sizes: Mapping[str, int]  # of the copy, by name
    calls: tuple[str, ...]  # about the model's bucket after a restart of the machine


def copied(stand: Stand) -> Copied:
    """Boot, look, and boot again with the slot as it is: a second copy is none."""
    scene = _scene(stand)
    files = {**tiny_model_files(stand.ground.images.cpu.model), "original/weights.pth": b"never read"}
    s3 = scene.stage.aws.client("s3")
    with given_model(s3, at=s3_prefix(SOURCE), files=files), scene.boot(scene.launch()) as host:
        host.wait_until_served(timeout_s=BOOT_TIMEOUT_S)
        answer = host.completion(KEY, model=scene.model)
        folder = host.run("cat", "/run/vllm/model-folder").strip()
        listed = host.run("find", folder, "-type", "f", "-printf", "%P %s\\n").splitlines()
        mounts = json.loads(host.run("docker", "inspect", "--format", "{{json .Mounts}}", "vllm"))
        arguments = host.run("docker", "inspect", "--format", "{{json .Args}}", "vllm")
        written = host.run("docker", "exec", "vllm", "sh", "-c", f"touch {MODEL}/new 2>&1 || true")
        before = len(stand.ground.aws.calls)
        host.reboot()
        # What serves is the same as before: that a host serves after a restart is what reboot/ looks at.
        host.wait_until(lambda: _has_the_model(host) == 2, what="the model, a second time", timeout_s=BOOT_TIMEOUT_S)
        calls = [call.action for call in stand.ground.aws.calls[before:] if "/team-models" in call.action]
        return Copied(
            hub_requests=host.world.hub.requests,
            answer=answer,
            arguments=arguments,
            mounts={mount["Destination"]: mount["RW"] for mount in mounts},
            written=written,
            sizes={name: int(size) for name, size in (line.rsplit(" ", 1) for line in listed)},
            calls=tuple(calls),
        )


def _has_the_model(host: BootedHost) -> int:
    return sum("vllm: step model-files ok" in line for line in host.console())


def _scene(stand: Stand) -> Scene:
    plan = stand.ground.plan
    scene = stand.ground.scene("s3model", slots=1, vllm_args=(MODEL, *plan.vllm_args[1:]))
    return replace(scene, options=replace(scene.options, model_source=SOURCE, hf_token_required=False))


PLAYS = (copied,)


def test_the_copy_serves_under_the_models_own_name(plays: Plays, seen: Callable[[str], None]) -> None:
    life = plays.of(copied)
    seen(f"{sum(life.sizes.values()):,} bytes of model from S3, {life.hub_requests} requests to the hub")
    assert life.answer[0] == 200
    assert life.answer[1]["model"] == "meta-llama/Llama-3.1-8B-Instruct"
    assert json.loads(life.arguments)[:2] == ["serve", MODEL]


def test_huggingface_is_never_asked(plays: Plays) -> None:
    assert plays.of(copied).hub_requests == 0


def test_all_that_vllm_reads_is_there_and_nothing_else(plays: Plays) -> None:
    life = plays.of(copied)
    assert {"config.json", "tokenizer.json"} <= set(life.sizes)
    assert any(name.endswith(".safetensors") for name in life.sizes)
    assert not any("original" in name for name in life.sizes)
    assert min(life.sizes.values()) > 0


def test_the_container_reads_it_and_cannot_write_there(plays: Plays) -> None:
    life = plays.of(copied)
    assert life.mounts[MODEL] is False
    assert "Read-only file system" in life.written


def test_a_second_start_lists_and_copies_nothing(plays: Plays) -> None:
    life = plays.of(copied)
    assert set(life.calls) == {"GET /team-models"}
