"""One life of one host, from its user data to its drain, recorded for all the tests that look at it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess, run
from typing import Any

from config.sources import load_stack_file
from rehearsal.aws.server import EmulatedAws
from rehearsal.host.boot import BootedHost, HostSpec
from rehearsal.host.engine import ContainerEngine
from rehearsal.host.image import ensure_images
from rehearsal.host.trace import ScriptTrace
from rehearsal.host.volumes import VolumeStore
from sizing.plan import Plan
from sizing.prepare import prepare
from tests.docs.readme import client_program
from tests.e2e.caller import Answer, Caller
from tests.e2e.stage import ROOT, Stage
from userdata.options import host_options
from userdata.render import cloud_config, host_files

STACK = "dev"
HF_TOKEN = "hf_" + "boottest" * 4
WRONG_KEY = "sk-wrong"
ANSWER_TOKENS = 1000
CALLERS = 4  # one may be between two answers when vLLM is told to stop
UNIT_STARTING = "7d4958e842da4a758f6c1cdc7b36dcc5"  # message ids of systemd, see sd-messages(3)
UNIT_STOPPING = "de5b426a63be47a7b6ac3eaac82e2f6f"
BOOT_TIMEOUT_S = 600.0


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What must be found nowhere."""

    key: str
    token: str


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What was seen while the host served."""

    lifecycle_state: str | None
    right_key: tuple[int, Mapping[str, Any]]
    wrong_key: int
    no_key: int
    readme_client: CompletedProcess[str]  # the program of "First request"
    inspected: Mapping[str, Any]  # docker inspect of the container
    everywhere: Mapping[str, str]  # places in which no secret may be: their text
    on_cache_slot: str  # files of the slot that hold a secret, as grep lists them
    slots: Mapping[str, list[str]]
    mounts: str


@dataclass(frozen=True, kw_only=True)
class Life:
    """In the order in which it happened. ``before_key``: lifecycle state while the host waited for its key."""

    instance_id: str
    plan: Plan
    secrets: Secrets
    before_key: str | None
    serving: Serving
    answers: tuple[Answer, ...]  # of clients that never paused
    stopped_at: float  # when systemd began to stop vLLM, Unix time
    slots_after: Mapping[str, list[str]]
    mounts_after: str
    detached_while_mounted: tuple[str, ...]
    trace: ScriptTrace
    started_units: frozenset[str]
    events: tuple[Mapping[str, Any], ...]
    console: tuple[str, ...]


@contextmanager
def booted(*, say: Callable[[str], None]) -> Iterator[tuple[BootedHost, Stage, Plan]]:
    """A host of the dev stack that has begun to boot, what AWS puts around it, and its plan."""
    config, plan = prepare(load_stack_file(stack=STACK, root=ROOT))
    with ContainerEngine.open() as engine, VolumeStore() as volumes, EmulatedAws(play_host=False) as aws:
        images = ensure_images(engine=engine, say=say)
        stage = Stage.build(aws)
        options = host_options(config=config, plan=plan, names=stage.names())
        spec = HostSpec(
            user_data=cloud_config(options),
            instance_id=stage.launch(options=options),
            zone=stage.zone,
            region=aws.region,
            endpoint=aws.endpoint,
            image=plan.image,
            hf_token=HF_TOKEN,
        )
        with BootedHost(engine=engine, images=images, volumes=volumes, spec=spec, on_line=say) as host:
            yield host, stage, plan


def live(*, folder: Path) -> Life:
    """Live it; a few minutes."""
    with booted(say=lambda _: None) as (host, stage, plan):
        return _observe(host=host, stage=stage, plan=plan, folder=folder)


def _observe(*, host: BootedHost, stage: Stage, plan: Plan, folder: Path) -> Life:
    host.wait_for_line("the API key not set", timeout_s=120)
    before_key = host.cloud.lifecycle_state()
    added = stage.ops("keys", "add", "test", "--stack", STACK, "--json", folder=folder)
    stage.ops("secrets", "set", "hf-token", "--stack", STACK, folder=folder, stdin=f"{HF_TOKEN}\n")
    secrets = Secrets(key=json.loads(added)["key"], token=HF_TOKEN)
    host.wait_until_served(timeout_s=BOOT_TIMEOUT_S)
    serving = _look(host=host, stage=stage, model=plan.served_name, secrets=secrets)
    callers = [
        Caller(base_url=host.base_url, key=secrets.key, model=plan.served_name, tokens=ANSWER_TOKENS)
        for _ in range(CALLERS)
    ]
    for caller in callers:
        caller.start()
    host.wait_until(lambda: all(caller.answers for caller in callers), what="first answers", timeout_s=120)
    host.terminate()
    for caller in callers:
        caller.join(timeout_s=60)
    return Life(
        instance_id=host.spec.instance_id,
        plan=plan,
        secrets=secrets,
        before_key=before_key,
        serving=serving,
        answers=tuple(answer for caller in callers for answer in caller.answers),
        stopped_at=_stopped_at(host),
        slots_after=stage.volumes(),
        mounts_after=host.run("cat", "/proc/mounts"),
        detached_while_mounted=host.detached_while_mounted(),
        trace=host.trace(),
        started_units=_started_units(host),
        events=tuple(stage.boot_events(host.spec.instance_id)),
        console=host.console(),
    )


def _look(*, host: BootedHost, stage: Stage, model: str, secrets: Secrets) -> Serving:
    inspected = host.run("docker", "inspect", "vllm")
    read_all = "for file in /proc/[0-9]*/{}; do tr '\\0' ' ' < $file; done 2>/dev/null; true"
    return Serving(
        lifecycle_state=host.cloud.lifecycle_state(),
        right_key=host.completion(secrets.key, model=model),
        wrong_key=host.completion(WRONG_KEY, model=model)[0],
        no_key=host.completion(None, model=model)[0],
        readme_client=_readme_client(host, key=secrets.key),
        inspected=json.loads(inspected)[0],
        everywhere={
            "docker inspect": inspected,
            "process arguments": host.run("sh", "-c", read_all.format("cmdline")),
            "process environments": host.run("sh", "-c", read_all.format("environ")),
            "journal": host.run("journalctl", "--no-pager", "--output", "cat"),
            "user data": host.spec.user_data,
            "console": "\n".join(host.console()),
        },
        on_cache_slot=host.run(
            *("sh", "-c", f"grep -rlF -e {secrets.key} -e {secrets.token} /mnt/cache || true"),
        ),
        slots=stage.volumes(),
        mounts=host.run("cat", "/proc/mounts"),
    )


def _readme_client(host: BootedHost, *, key: str) -> CompletedProcess[str]:
    environment = {**os.environ, "OPENAI_BASE_URL": host.base_url, "OPENAI_API_KEY": key}
    command = [sys.executable, "-c", client_program()]
    return run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def _stopped_at(host: BootedHost) -> float:
    return _journal_times(host, message=UNIT_STOPPING, unit="vllm.service")[-1]


def _started_units(host: BootedHost) -> frozenset[str]:
    units = [name for name in host_files() if name.endswith(".service")]
    return frozenset(unit for unit in units if _journal_times(host, message=UNIT_STARTING, unit=unit))


def _journal_times(host: BootedHost, *, message: str, unit: str) -> list[float]:
    """When systemd logged this message about the unit; Unix time."""
    entries = host.run("sh", "-c", f"journalctl --output json MESSAGE_ID={message} UNIT={unit} || true")
    return [int(json.loads(entry)["__REALTIME_TIMESTAMP"]) / 1e6 for entry in entries.splitlines()]
