"""The life of the committed stack on a machine without a GPU."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from machine.names import Names
from rehearsal.engine.events import Run
from tests.e2e.local.stand import STACK, Answer, Left, Said, Stand

NAMES = Names(STACK)
SEED = 7
PERSON = 1234  # no user of the image has this number
STREAMED_TOKENS = 3000  # takes longer than to ask for the metrics meanwhile
LOOK = """
id -u; id -g; grep -E '^Cap(Eff|Bnd)|^NoNewPrivs' /proc/self/status | tr -d '\\t'
for folder in / /etc /tmp /cache/huggingface /cache/vllm /run/secrets/vllm; do
  if touch "$folder/mine" 2>/dev/null; then echo "writes $folder"; rm "$folder/mine"; fi
done
stat -c '%u %n' /cache/huggingface /cache/vllm
"""
AT_REST_WITHIN_S = 120.0
TEMPLATES = "templates"
TEMPLATE = "wordy.jinja"
WORDS = "one two three four five six seven eight nine ten " * 10
"""What the template makes of every message, so that the count of the prompt's tokens gives it away."""


@dataclass(frozen=True, kw_only=True)
class CpuLife:
    """In the order in which it happened. ``secrets``: texts that only files of the user and the server may hold;
    ``written``: all that Docker and the engine wrote down about the stack."""

    up: Run
    outputs: Mapping[str, Any]
    server: Mapping[str, Any]
    front: Mapping[str, Any]
    smoke: Said
    status: Said
    completion: Answer
    streamed: Answer
    refused: Mapping[str, Answer]
    metrics_inside: str
    inside: str  # who the server is, and what it may write
    secrets: tuple[str, ...]
    written: str
    second_up: Run
    refresh: Run
    settled: Run
    flag: Run
    own_image: Run
    own_server: Mapping[str, Any]
    own_front: Mapping[str, Any]
    with_template: Answer
    with_second_key: Answer
    with_revoked_key: Answer
    own_settled: Run
    destroy: Run
    left: Left


def play(stand: Stand) -> CpuLife:
    engine = stand.engine
    key = stand.new_key("first")
    up = engine.up()
    first = _look(stand, key=key)
    second_up, refresh, settled = engine.up(), engine.refresh(), engine.preview()
    engine.edit_config(lambda config: config.setdefault("vllm:serving", {}).update(extraArgs={"seed": SEED}))
    flag = engine.preview()
    # A key is added and the first one revoked; the server that the own image brings reads what is there now.
    second = stand.new_key("second")
    assert stand.ops("keys", "revoke", "first").returncode == 0
    _own_image(stand)
    own_image = engine.up()
    return CpuLife(
        up=up,
        **first,
        second_up=second_up,
        refresh=refresh,
        settled=settled,
        flag=flag,
        own_image=own_image,
        own_server=stand.inspected(NAMES.server),
        own_front=stand.inspected(NAMES.front),
        with_template=stand.chat(key=second),
        with_second_key=stand.ask("/v1/models", key=second),
        with_revoked_key=stand.ask("/v1/models", key=key),
        own_settled=engine.preview(),
        destroy=engine.destroy(exclude_protected=True),
        left=stand.left(),
    )


def _look(stand: Stand, *, key: str) -> dict[str, Any]:
    server, front = stand.inspected(NAMES.server), stand.inspected(NAMES.front)
    return {
        "outputs": stand.engine.outputs(),
        "server": server,
        "front": front,
        "smoke": stand.ops("smoke"),
        "status": _status_at_rest(stand),
        "completion": stand.chat(key=key),
        "streamed": stand.streamed(key=key, tokens=STREAMED_TOKENS),
        "refused": {
            "no key": stand.ask("/v1/models"),
            "wrong key": stand.chat(key="sk-wrong"),
            "metrics": stand.ask("/metrics"),
            "metrics by a detour": stand.ask("/v1/models/../../metrics", key=key),
            "what loads files": stand.ask("/v1/load_lora_adapter", key=key, body={"lora_name": "a"}),
        },
        "metrics_inside": stand.metrics(),
        "inside": stand.machine.docker("exec", NAMES.server, "sh", "-c", LOOK),
        "secrets": (key,),
        "written": f"{server}\n{front}\n{stand.state_text()}",
    }


def _status_at_rest(stand: Stand) -> Said:
    """Once the completion of `ops smoke` is out of vLLM's numbers; the last one where that does not come about."""
    deadline = time.monotonic() + AT_REST_WITHIN_S
    while True:
        said = stand.ops("status", "--json")
        replicas = json.loads(said.stdout)["replicas"] if said.returncode == 0 else []
        loads = [replica["load"] for replica in replicas if replica["state"] == "running, healthy"]
        idle = any(load and load["up"] and load["running"] == load["tokens_per_s"] == 0 for load in loads)
        if idle or time.monotonic() > deadline:
            return said


def _own_image(stand: Stand) -> None:
    """A template of one's own, in an image of one's own."""
    folder = stand.engine.folder / TEMPLATES
    folder.mkdir()
    (folder / TEMPLATE).write_text(WORDS)

    def change(config: dict[str, Any]) -> None:
        config["vllm:image"] = {"build": {"chatTemplates": TEMPLATES}}
        config["vllm:serving"]["extraArgs"].update({"chat-template": f"/opt/vllm/chat-templates/{TEMPLATE}"})

    stand.engine.edit_config(change)
