"""The publisher's round: looks, puts, says how things are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .derived import NAMES, Stall, cache_is_full_while_waiting, load_ratio
from .exposition import Exposition, read
from .files import boot_seconds, counted, load_state, planned_concurrency, save_state
from .growth import Growth, growth_of
from .hardware import Counts, Hardware
from .host_series import Server, host_series, text_of
from .interval import Interval
from .outbox import Cloudwatch, Outbox
from .scrape import Vllm
from .settings import Settings
from .spec import Metric, sample_names
from .status import GENERATED, status_line

LOOK_EVERY_S = 15
PUT_EVERY_S = 60
START = "process_start_time_seconds"


@dataclass(kw_only=True)
class Loop:
    """``tick`` when it asks to be called again. ``now_s`` only runs forward, also over a restart of the publisher."""

    settings: Settings
    metrics: tuple[Metric, ...]
    vllm: Vllm
    hardware: Hardware
    cloudwatch: Cloudwatch
    wall: Callable[[], datetime]
    say: Callable[[str], object] = lambda line: sys.stdout.write(f"{line}\n") and sys.stdout.flush()
    host_text: str = ""
    _growth: dict[str, Growth] = field(default_factory=lambda: {"vllm": Growth(), "host": Growth()})
    _stall: Stall = field(default_factory=Stall)
    _seen: Exposition | None = None
    _server: Server = field(default_factory=Server)
    _version: tuple[float, str | None] = (0.0, None)
    _tokens: tuple[float, float] | None = None  # how many, at which second
    _look_at_s: float | None = None
    _put_at_s: float = 0

    def __post_init__(self) -> None:
        self._interval = Interval(metrics=self.metrics)
        self._names = sample_names(self.metrics) | NAMES | {START, GENERATED}
        self._outbox = Outbox(stack=self.settings.stack, cloudwatch=self.cloudwatch, wall=self.wall, save=self._save)
        self._restore(load_state(self.settings.state_file))

    def tick(self, now_s: float) -> float:
        """Does what is due and returns the seconds until something is again."""
        if self._look_at_s is None:
            self._look_at_s, self._put_at_s = now_s, now_s + PUT_EVERY_S
        if now_s >= self._look_at_s:
            self.look(now_s)
            self._look_at_s = _next(self._look_at_s, now_s, every_s=LOOK_EVERY_S)
        if now_s >= self._put_at_s:
            self.put(now_s)
            self._put_at_s = _next(self._put_at_s, now_s, every_s=PUT_EVERY_S)
        return min(self._look_at_s, self._put_at_s) - now_s

    def finish(self, now_s: float) -> None:
        """The host may end now: what was seen since the last minute goes out."""
        self.look(now_s)
        self.put(now_s)

    def look(self, now_s: float) -> None:
        text = self.vllm.metrics()
        self._seen = None if text is None else read(text, self._names)
        self._server = self._judge(now_s)
        if self._seen is not None:
            start = self._seen.total(START) or 0.0
            self._interval.add(self._seen, self._growth["vllm"], start=start)
            self._learn_version(start)
        host = host_series(
            server=self._server,
            machine=self.hardware.latest(),
            boot_s=boot_seconds(self.settings),
            events=counted(self.settings),
        )
        self._interval.add(host, self._growth["host"])
        self.host_text = text_of(host)

    def put(self, now_s: float) -> None:
        facts = {"version": self._version[1]}
        rate = self._tokens_per_s(now_s)
        self.say(status_line(seen=self._seen, up=self._server.up, tokens_per_s=rate, facts=facts))
        self._outbox.put(self._interval.close(), at_s=now_s)
        self._outbox.send(now_s)

    def served_text(self) -> str:
        """For Prometheus."""
        return (self.vllm.metrics() or "") + self.host_text

    def _judge(self, now_s: float) -> Server:
        seen = self._seen
        if seen is None:
            return Server(up=self._is_up(answered=False))
        return Server(
            up=self._is_up(answered=True),
            cache_full=cache_is_full_while_waiting(seen),
            stalled_s=self._stall.seconds(seen, now_s),
            load=self._load(seen),
        )

    def _load(self, seen: Exposition) -> float | None:
        """None while no new request is sent here: an idle host would let the others' average look low."""
        if boot_seconds(self.settings) is None or self.settings.out_of_rotation.exists():
            return None
        return load_ratio(seen, planned=planned_concurrency(self.settings))

    def _is_up(self, *, answered: bool) -> bool | None:
        """A server that a drain or a person has stopped is not down: it left the rotation before."""
        if boot_seconds(self.settings) is None or (not answered and self.settings.out_of_rotation.exists()):
            return None
        return answered

    def _learn_version(self, start: float) -> None:
        known_of, version = self._version
        if version is None or known_of != start:
            self._version = (start, self.vllm.version())

    def _tokens_per_s(self, now_s: float) -> float | None:
        total = None if self._seen is None else self._seen.total(GENERATED)
        before, self._tokens = self._tokens, None if total is None else (total, now_s)
        if total is None or before is None or total < before[0] or now_s <= before[1]:
            return None
        return (total - before[0]) / (now_s - before[1])

    def _save(self) -> None:
        counts = self.hardware.counts
        state = {
            "growth": {name: growth.state() for name, growth in self._growth.items()},
            "counts": [counts.restarts, counts.known_restarts, counts.xid_errors],
            "kept": self._outbox.state(),
        }
        save_state(self.settings.state_file, state)

    def _restore(self, state: dict[str, Any] | None) -> None:
        if state == {}:
            return  # the first one since this machine started
        try:
            if state is None:
                raise ValueError("it is no JSON")
            self._growth = {name: growth_of(state["growth"][name]) for name in self._growth}
            restarts, known, errors = state["counts"]
            self.hardware.counts = Counts(restarts=restarts, known_restarts=known, xid_errors=errors)
            self._outbox.restore(state["kept"])
        except (ValueError, KeyError, TypeError) as error:
            sys.stderr.write(
                f"vllm: publisher: {self.settings.state_file} is of no use, counting begins now: {error}\n"
            )
            self._growth = {name: Growth(blind=True) for name in self._growth}


def _next(due_s: float, now_s: float, *, every_s: float) -> float:
    """The next time in steps of ``every_s``; those that were missed are not made up for."""
    missed = max(0.0, now_s - due_s) // every_s
    return due_s + (missed + 1) * every_s
