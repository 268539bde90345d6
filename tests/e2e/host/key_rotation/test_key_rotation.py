"""A key is added while two hosts serve: they take it one after the other, and no request fails."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from rehearsal.host.boot import BootedHost
from tests.e2e.host.balancer import Balancer, Sent
from tests.e2e.host.ground import KEY, STACK, Scene
from tests.e2e.host.plays import Plays, Stand

pytestmark = pytest.mark.e2e
BOOT_TIMEOUT_S = 1200.0
ROTATION_TIMEOUT_S = 1800.0  # vLLM starts in 90 s alone, beside other hosts in minutes
CLIENTS = 2
STOP_S = 75


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``events``: those of the step ``keys``, by host. ``statuses``: of the new key on each host, before and after."""

    ids: tuple[str, str]
    added: Mapping[str, Any]
    took_s: float
    sent: tuple[Sent, ...]
    healthy: tuple[frozenset[str], ...]
    events: Mapping[str, list[dict[str, Any]]]
    statuses: tuple[list[int], list[int]]
    starts: list[int]  # of vLLM, on each host


def play(stand: Stand) -> Outcome:
    scene = stand.ground.scene("keys", stop_timeout_s=STOP_S)
    folder = stand.ground.folder / "keys-bin"
    folder.mkdir()
    first = scene.launch()
    scene.stage.set_capacity(2)
    other = next(id_ for id_ in scene.stage.members() if id_ != first)
    with scene.boot(first) as one, scene.boot(other) as two:
        hosts = {first: one, other: two}
        for host in hosts.values():
            host.wait_until_served(timeout_s=BOOT_TIMEOUT_S)
            _await_healthy(host, scene)
        with Balancer(stage=scene.stage, hosts=hosts, key=KEY, model=scene.model, clients=CLIENTS) as balancer:
            one.wait_until(lambda: len(balancer.sent) >= 2 * CLIENTS, what="answers", timeout_s=300)
            begun_at = time.monotonic()
            added = json.loads(
                scene.stage.ops(
                    *("keys", "add", "second", "--stack", STACK, "--json"), folder=folder, timeout_s=ROTATION_TIMEOUT_S
                )
            )
            took_s = time.monotonic() - begun_at
            answered = len(balancer.sent)
            one.wait_until(lambda: len(balancer.sent) >= answered + 2 * CLIENTS, what="answers", timeout_s=300)
        new = [host.completion(added["key"], model=scene.model)[0] for host in hosts.values()]
        former = [host.completion(KEY, model=scene.model)[0] for host in hosts.values()]
        starts = [
            host.run("journalctl", "--no-pager", "--output", "cat", "--unit", "vllm.service").count("Started ")
            for host in hosts.values()
        ]
        events = {id_: [event for event in scene.stage.boot_events(id_) if event["step"] == "keys"] for id_ in hosts}
        scene.close()
        return Outcome(
            ids=(first, other),
            added=added,
            took_s=took_s,
            sent=tuple(balancer.sent),
            healthy=tuple(balancer.healthy),
            events=events,
            statuses=(new, former),
            starts=starts,
        )


def _await_healthy(host: BootedHost, scene: Scene) -> None:
    me = host.spec.instance_id
    host.wait_until(lambda: scene.stage.target_state(me) == "healthy", what="a healthy target", timeout_s=300)


PLAYS = (play,)


@pytest.fixture
def outcome(plays: Plays) -> Outcome:
    return plays.of(play)


def test_no_request_fails(outcome: Outcome, seen: Callable[[str], None]) -> None:
    longest_s = max(sent.ended_at - sent.began_at for sent in outcome.sent)
    count = len(outcome.sent)
    seen(f"{count} requests, the longest {longest_s:.1f} s; both hosts had the key after {outcome.took_s:.0f} s")
    assert [sent for sent in outcome.sent if sent.status != 200] == []
    assert {sent.host for sent in outcome.sent} == set(outcome.ids)


def test_one_host_is_out_at_a_time(outcome: Outcome) -> None:
    """Each of them once, and never both."""
    both = frozenset(outcome.ids)
    assert all(outcome.healthy)
    assert [both - healthy for healthy in outcome.healthy if healthy != both] == [
        {id_} for id_ in outcome.added["restarted"]
    ]
    assert outcome.starts == [2, 2]


def test_the_new_key_works_everywhere_and_the_former_one_still(outcome: Outcome) -> None:
    assert outcome.statuses == ([200, 200], [200, 200])


def test_each_host_says_which_version_it_has(outcome: Outcome) -> None:
    reasons = {event["reason"] for events in outcome.events.values() for event in events}
    assert [[event["status"] for event in events] for events in outcome.events.values()] == [["ok"], ["ok"]]
    assert len(reasons) == 1
    assert reasons.pop().startswith("keys of version ")


def test_the_key_is_in_no_event(outcome: Outcome) -> None:
    assert outcome.added["key"] not in json.dumps(outcome.events)
