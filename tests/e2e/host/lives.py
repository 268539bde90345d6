"""Three hosts that serve, one after the other on one cache slot. Each ends by another drain, with a crowd in flight."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.host.boot import BootedHost
from rehearsal.host.contents import contains
from rehearsal.host.trace import ScriptTrace
from sizing.plan import Plan
from tests.e2e.host.drains import CROWD, STOP_S, Drain, drained, with_room_for
from tests.e2e.host.ground import STACK, TOKEN, Scene
from tests.e2e.host.journal import started_units, stopped_at
from tests.e2e.host.plays import Stand
from tests.e2e.host.serving import Serving, await_completion, look, metric_names, report_of

BOOT_TIMEOUT_S = 1200.0
STALL_S = 75


@dataclass(frozen=True, kw_only=True)
class First:
    """In the order in which it happened. ``before_key``: lifecycle state while the host waited for its key."""

    scene: Scene
    instance_id: str
    plan: Plan
    key: str
    before_key: str | None
    downloaded: tuple[int, int]  # bytes of the image, of the model
    cli_s: float  # what one start of the AWS CLI takes on this machine
    serving: Serving
    drain: Drain
    stopped_at: float  # when systemd began to stop vLLM, Unix time
    trace: ScriptTrace
    started_units: frozenset[str]
    events: tuple[Mapping[str, Any], ...]
    log_lines: Mapping[str, list[str]]  # by stream of the log group
    console: tuple[str, ...]
    secret_in_raw_slot: bool


def first(stand: Stand) -> First:
    """A blank slot, keys that come late by `ops`, and a termination by the group."""
    arguments = with_room_for(CROWD, stand.ground.plan.vllm_args)
    scene = stand.ground.scene(STACK, secrets=False, stall_s=STALL_S, stop_timeout_s=STOP_S, vllm_args=arguments)
    folder = stand.ground.folder / "bin"
    folder.mkdir()
    with scene.boot(scene.launch()) as host:
        host.wait_for_line("the API key not set", timeout_s=300)
        before_key = host.cloud.lifecycle_state()
        added = scene.stage.ops("keys", "add", "test", "--stack", STACK, "--json", folder=folder)
        scene.stage.ops("secrets", "set", "hf-token", "--stack", STACK, folder=folder, stdin=f"{TOKEN}\n")
        key = json.loads(added)["key"]
        host.wait_until_served(timeout_s=BOOT_TIMEOUT_S)
        cli_s = _start_of_the_cli(host)
        stand.let_others_begin()
        downloaded = (host.world.registry.bytes, host.world.hub.bytes)
        serving = look(host=host, scene=scene, key=key)
        drain = drained(host=host, scene=scene, key=key, begin=host.cloud.terminate)
        slot = next(volume for volume, holders in serving.slots.items() if holders)
        log_lines = _with_the_end(host, scene)
        return First(
            scene=scene,
            instance_id=host.spec.instance_id,
            plan=scene.options.plan,
            key=key,
            before_key=before_key,
            downloaded=downloaded,
            cli_s=cli_s,
            serving=serving,
            drain=drain,
            stopped_at=stopped_at(host, unit="vllm.service"),
            trace=host.trace(),
            started_units=started_units(host),
            events=tuple(scene.stage.boot_events(host.spec.instance_id)),
            log_lines=log_lines,
            console=host.console(),
            secret_in_raw_slot=contains(stand.ground.volumes.folder / slot, key, TOKEN),
        )


def _with_the_end(host: BootedHost, scene: Scene) -> Mapping[str, list[str]]:
    """What the host has sent, with the line in which systemd says that vLLM has ended."""

    def ended() -> bool:
        lines = scene.stage.log_lines(host.spec.instance_id).get("vllm", [])
        return any(line.startswith("Stopped ") for line in lines)

    host.wait_until(ended, what="the end of vLLM in the log group", timeout_s=300)
    return scene.stage.log_lines(host.spec.instance_id)


def _start_of_the_cli(host: BootedHost) -> float:
    """Our own steps are mostly starts of it, so this is how fast the machine is for them."""
    begun_at = time.monotonic()
    host.run("sh", "-c", "for _ in 1 2 3 4; do aws --version; done")
    return (time.monotonic() - begun_at) / 4


@dataclass(frozen=True, kw_only=True)
class Second:
    """``killed_at``: seconds from the end of vLLM to a completion, and what systemd counted."""

    downloaded: tuple[int, int]
    hub_requests: int
    slots: tuple[Mapping[str, list[str]], Mapping[str, list[str]]]  # of the first and of this host
    report: Mapping[str, Any]
    back_after_s: float
    restarts: int
    state_after_kill: str | None
    launches: int
    drain: Drain
    spot_metrics: tuple[str, ...]


def second(stand: Stand) -> Second:
    """The slot that the first one left; vLLM is killed and comes back; EC2 takes the machine."""
    before = stand.outcome(first)
    scene = before.scene
    scene.stage.set_capacity(1)
    with scene.boot(scene.stage.booting()) as host:
        host.wait_until_served(timeout_s=BOOT_TIMEOUT_S)
        downloaded, requests = (host.world.registry.bytes, host.world.hub.bytes), host.world.hub.requests
        slots = scene.stage.volumes()
        report = report_of(host)
        killed_at = time.monotonic()
        host.run("docker", "kill", "vllm")
        await_completion(host=host, key=before.key, model=scene.model)
        back_after_s = time.monotonic() - killed_at
        restarts = int(host.run("systemctl", "show", "vllm.service", "--property", "NRestarts", "--value"))
        state = host.cloud.lifecycle_state()
        drain = drained(host=host, scene=scene, key=before.key, begin=host.world.give_spot_notice, spot=True)
        launches = len(scene.stage.launches())
        scene.stage.aws.client("ec2").terminate_instances(InstanceIds=[host.spec.instance_id])
        return Second(
            downloaded=downloaded,
            hub_requests=requests,
            slots=(before.serving.slots, slots),
            report=report,
            back_after_s=back_after_s,
            restarts=restarts,
            state_after_kill=state,
            launches=launches,
            drain=drain,
            spot_metrics=metric_names(scene),
        )


@dataclass(frozen=True, kw_only=True)
class Third:
    stopped: Drain  # by a person
    served_again: bool  # and back in rotation
    hung_until_unhealthy_s: float
    replaced_by: str | None
    let_go_after_s: float
    events: tuple[Mapping[str, Any], ...]
    slots: Mapping[str, list[str]]


def third(stand: Stand) -> Third:
    """A person stops and starts vLLM; then it hangs, and the host has itself replaced."""
    stand.outcome(second)
    before = stand.outcome(first)
    scene = before.scene
    with scene.boot(scene.stage.booting()) as host:
        host.wait_until_served(timeout_s=BOOT_TIMEOUT_S)
        stopped = drained(
            host=host,
            scene=scene,
            key=before.key,
            begin=lambda: host.run("systemctl", "--no-block", "stop", "vllm.service"),
            stays=True,
        )
        host.run("systemctl", "start", "vllm.service")
        await_completion(host=host, key=before.key, model=scene.model)
        host.wait_until(
            lambda: scene.stage.target_state(host.spec.instance_id) in ("initial", "healthy"),
            what="the host back in rotation",
            timeout_s=300,
        )
        hung_at = time.monotonic()
        host.run("sh", "-c", "kill -STOP $(docker top vllm -eo pid | tail -n +2)")
        host.wait_until(
            lambda: (host.cloud.lifecycle_state() or "Terminating").startswith("Terminating"),
            what="the group taking the hung host out",
            timeout_s=STALL_S + 200,
        )
        noticed_s = time.monotonic() - hung_at
        replaced_by = scene.stage.replacement(of=host.spec.instance_id)
        host.wait_until_released()
        return Third(
            stopped=stopped,
            served_again=True,
            hung_until_unhealthy_s=noticed_s,
            replaced_by=replaced_by,
            let_go_after_s=time.monotonic() - hung_at,
            events=tuple(scene.stage.boot_events(host.spec.instance_id)),
            slots=scene.stage.volumes(),
        )
