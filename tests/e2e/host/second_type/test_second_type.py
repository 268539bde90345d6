"""AWS is out of the planned type and launches the second of the plan, which has another number of GPUs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from config.parse import parse
from config.stack_file import read_stack_file
from rehearsal.host.boot import BootedHost
from sizing.fleet_plan import HostType
from sizing.plan import Plan
from sizing.prepare import prepare
from tests.e2e.host.crowd import Crowd
from tests.e2e.host.ground import KEY, STACK
from tests.e2e.host.plays import Plays, Stand
from tests.e2e.stage import ROOT

pytestmark = pytest.mark.e2e
CROWD = 6
TOKENS = 6000  # more than are made until the publisher looks, every 15 s
CHANGES = {
    "vllm:serving": {"maxModelLen": 8192, "concurrency": 16},
    "vllm:compute": {"instanceType": "g6e.2xlarge", "capacity": {"types": ["g6.12xlarge"]}},
}
IN_GPUS_STEP = '. /opt/vllm/lib.sh; printf "%s" "$GPUS_NEEDED"'  # what every step begins with


@dataclass(frozen=True, kw_only=True)
class Outcome:
    types: tuple[HostType, ...]
    chosen: str  # what the step said
    gpus: str  # what the step of that name needed and has found
    container: Mapping[str, Any]  # docker inspect
    answer: tuple[int, Mapping[str, Any]]
    loads: tuple[float, ...]  # while the crowd came
    state: str | None


def plan_of_two_types() -> Plan:
    raw = {**read_stack_file(stack=STACK, root=ROOT), **CHANGES}
    return prepare(parse(stack=STACK, raw=raw), root=ROOT)[1]


def loads_with_a_crowd(host: BootedHost, *, model: str, until: float) -> tuple[float, ...]:
    """As Prometheus gets them, each that differs from the one before; the first look may see a part of the crowd."""
    seen: list[float] = []
    with Crowd(host, key=KEY, model=model, tokens=TOKENS) as crowd:
        crowd.start(CROWD)
        while not crowd.is_over and seen[-1:] != [until]:
            lines = host.run("curl", "--silent", "http://127.0.0.1:9400/metrics").splitlines()
            found = [float(line.split()[1]) for line in lines if line.startswith("vllm_host_load_ratio ")]
            seen += [value for value in found if seen[-1:] != [value]]
            time.sleep(1)
    return tuple(seen)


def play(stand: Stand) -> Outcome:
    plan = plan_of_two_types()
    second = plan.host_types[1]
    scene = stand.ground.scene(
        "second-type", instance_type=plan.instance_type, vllm_args=plan.vllm_args, host_types=plan.host_types
    )
    with scene.boot(scene.launch(), instance_type=second.instance_type, gpus=second.gpus_per_replica) as host:
        host.wait_until_served(timeout_s=1200)
        outcome = Outcome(
            types=plan.host_types,
            chosen=scene.said(host.spec.instance_id, step="instance-type", status="ok"),
            gpus=host.run("bash", "-c", IN_GPUS_STEP),
            container=json.loads(host.run("docker", "inspect", "vllm"))[0],
            answer=host.completion(KEY, model=scene.model),
            loads=loads_with_a_crowd(host, model=scene.model, until=CROWD / second.planned_concurrency),
            state=host.cloud.lifecycle_state(),
        )
    scene.close()
    return outcome


PLAYS = (play,)


@pytest.fixture
def outcome(plays: Plays) -> Outcome:
    return plays.of(play)


def test_the_second_type_has_flags_of_its_own(outcome: Outcome, seen: Callable[[str], None]) -> None:
    first, second = outcome.types
    args = outcome.container["Args"]
    assert args[: len(second.vllm_args) + 1] == ["serve", *second.vllm_args]
    planned, own = (each.vllm_args[each.vllm_args.index("--tensor-parallel-size") + 1] for each in (first, second))
    assert (planned, own) == ("1", "4")
    seen(f"planned {first.instance_type}, launched {outcome.chosen}")


def test_it_needs_its_own_number_of_gpus(outcome: Outcome) -> None:
    assert outcome.gpus == "4"
    devices = {device["PathInContainer"] for device in outcome.container["HostConfig"]["Devices"]}
    assert {f"/dev/nvidia{number}" for number in range(4)} <= devices


def test_it_serves(outcome: Outcome) -> None:
    status, body = outcome.answer
    assert (status, outcome.state) == (200, "InService")
    assert body["usage"]["completion_tokens"] == 8


def test_its_load_is_by_its_own_planned_concurrency(outcome: Outcome, seen: Callable[[str], None]) -> None:
    first, second = outcome.types
    seen(f"load {outcome.loads} with {CROWD} requests in flight, {second.planned_concurrency} planned")
    assert outcome.loads[-1:] == (CROWD / second.planned_concurrency,)
    assert first.planned_concurrency != second.planned_concurrency
