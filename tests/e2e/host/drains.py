"""The end of a host, or of its vLLM, while a crowd of streamed answers is in flight."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rehearsal.host.boot import BootedHost
from tests.e2e.host.crowd import Answer, Crowd
from tests.e2e.host.ground import Scene

CROWD = 50
TOKENS = 1500  # of each answer: a crowd takes 10 s on a quiet machine, and the host learns within 5 s that it ends
SPOT_TOKENS = 1200  # a spot notice leaves less than two minutes, also on a busy machine
CROWD_TIMEOUT_S = 300.0  # what vLLM may take to end them, too: a busy machine cuts no answer
STOP_S = int(CROWD_TIMEOUT_S) + 30
PROBES = 2  # completions that the agent and a test may ask for meanwhile; vLLM counts them among the requests, too


@dataclass(frozen=True, kw_only=True)
class Drain:
    """``tokens``: of each answer. ``began_at``, ``left_at`` (the host no longer gets new requests) and ``done_at`` of
    the monotonic clock."""

    tokens: int
    answers: tuple[Answer, ...]
    accepted: int
    began_at: float
    left_at: float
    done_at: float
    slots: Mapping[str, list[str]]
    mounts: str
    detached_while_mounted: tuple[str, ...]

    @property
    def last_byte_at(self) -> float:
        return max(answer.ended_at for answer in self.answers)

    @property
    def cut(self) -> list[Answer]:
        """The answers that lack their end, or tokens."""
        return [answer for answer in self.answers if not answer.complete or answer.tokens != self.tokens]

    def numbers(self) -> str:
        whole = sum(answer.complete for answer in self.answers)
        return (
            f"{whole} of {len(self.answers)} answers whole ({self.accepted} in flight when it began); deregistered "
            f"after {self.left_at - self.began_at:.1f} s, last byte after {self.last_byte_at - self.began_at:.1f} s, "
            f"slot free and hook complete after {self.done_at - self.began_at:.1f} s"
        )


def with_room_for(requests: int, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The plan's arguments for a machine that takes so many requests at once, slowly; the dev stack's takes fewer."""
    changed = list(arguments)
    changed[changed.index("--shutdown-timeout") + 1] = str(int(CROWD_TIMEOUT_S))
    for name in ("--max-num-seqs", "--max-num-queued-reqs"):
        changed[changed.index(name) + 1] = str(requests + PROBES)
    return tuple(changed)


def drained(
    *, host: BootedHost, scene: Scene, key: str, begin: Callable[[], object], spot: bool = False, stays: bool = False
) -> Drain:
    """Have ``CROWD`` answers in flight, begin to end the host, and await that all is over.

    After a spot notice the group does not let the instance go by itself: over is when the slot is free. A person's stop
    ``stays`` on the host: over is when vLLM has ended.
    """
    me = host.spec.instance_id
    tokens = SPOT_TOKENS if spot else TOKENS
    with Crowd(host, key=key, model=scene.model, tokens=tokens) as crowd:
        crowd.start(CROWD)
        host.wait_until(lambda: crowd.is_known, what="a crowd in flight", timeout_s=300)
        accepted = crowd.in_flight
        began_at = time.monotonic()
        begin()
        host.wait_until(
            lambda: scene.stage.target_state(me) in ("draining", "unused"), what="deregistration", timeout_s=60
        )
        left_at = time.monotonic()
        host.wait_until(lambda: crowd.is_over, what="the last byte", timeout_s=CROWD_TIMEOUT_S)
        answers = tuple(crowd.answers)
    if stays:
        host.wait_until(
            lambda: not host.succeeds("systemctl", "is-active", "--quiet", "vllm.service"),
            what="the end of vLLM",
            timeout_s=300,
        )
    elif spot:
        host.wait_until(
            lambda: not any(me in held for held in scene.stage.volumes().values()), what="a free slot", timeout_s=120
        )
    else:
        host.wait_until_released()
    return Drain(
        tokens=tokens,
        answers=answers,
        accepted=accepted,
        began_at=began_at,
        left_at=left_at,
        done_at=time.monotonic(),
        slots=scene.stage.volumes(),
        mounts=host.run("cat", "/proc/mounts"),
        detached_while_mounted=host.detached_while_mounted(),
    )
