"""Hosts take changed API keys one after the other: the next is told only when every replica serves again.

Nothing is kept between two calls: what each host has said, and the secret's current version, tell how far it is. So an
interrupted rotation goes on where it was, and of two at once each finds done what the other has done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.errors import failure
from ops.key_hosts import HostKeys, Hosts, rollout_under_way
from ops.rollout import POLL_S, Clock, follow
from ops.rollout.state import ACTIVE_REFRESH, Instance, Snapshot

SETTLE_S = 15.0  # a booting host that has read the keys says so within this
NOTICE_S = 120.0  # a host that was told leaves the rotation before
FALLBACK_TIMEOUT_S = 3600.0
MARGIN_S = 600.0  # registration, AWS's own pace


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The host that was told, of which version, when; ``before``: what it had said until then."""

    id: str
    version: str
    at_s: float
    before: HostKeys


@dataclass(kw_only=True)
class Rotation:
    """``timeout_s``: for one host; ``gap``: how long one alone serves nobody; ``say`` gets each line for people."""

    hosts: Hosts
    stack: str
    timeout_s: float
    gap: str
    clock: Clock
    say: Callable[[str], None]
    _keys: dict[str, HostKeys] = field(default_factory=dict)
    _asked: Asked | None = None
    _deadline_s: float = 0
    _said: str = ""

    def run(self) -> tuple[str, ...]:
        """The hosts that were restarted, in order. OpsError when one cannot take the keys or is too late."""
        begun_s = self.clock.now_s()
        self._deadline_s = begun_s + self.timeout_s
        restarted: list[str] = []
        while True:
            version = self._version()
            snapshot = self.hosts.observe()
            if snapshot.refresh is not None and snapshot.refresh.status in ACTIVE_REFRESH:
                raise rollout_under_way(self.stack)
            members = {each.id: each for each in snapshot.instances if not each.state.startswith("Terminat")}
            self._listen(members, version)
            if self._asked is not None:
                if self._is_done(members, version):
                    restarted.append(self._asked.id)
                    self._asked = None
                    self._deadline_s = self.clock.now_s() + self.timeout_s
                    continue
            elif not self._left(members, version, settled=self.clock.now_s() >= begun_s + SETTLE_S):
                return tuple(restarted)
            else:
                self._tell_next(members, version)
            self._wait()

    def _version(self) -> str:
        """Asked each time: others may change the keys meanwhile."""
        version = self.hosts.version()
        if version is None:
            raise failure(
                path="API keys",
                message="there is no key yet, and hosts wait for one",
                example=f"python -m ops keys add NAME --stack {self.stack}",
            )
        return version

    def _listen(self, members: Mapping[str, Instance], version: str) -> None:
        """Asks again for those whose answer may have changed."""
        for id_ in members:
            known = self._keys.get(id_)
            if known is None or known.version != version:
                self._keys[id_] = self.hosts.keys_of(id_)

    def _is_done(self, members: Mapping[str, Instance], version: str) -> bool:
        asked = self._asked
        if asked is None or asked.id not in members:
            self._note(f"{asked.id if asked else 'the host'} has gone meanwhile")
            self._asked = None
            return False
        member, keys = members[asked.id], self._keys[asked.id]
        if keys.version == version and member.serves:
            self._note(f"{asked.id} serves with the new keys")
            return True
        if keys.failure and keys.failed_at != asked.before.failed_at:
            raise self._failed(f"host {asked.id}", keys.failure)
        if asked.version != version:  # changed once more meanwhile
            self._tell(asked.id, version)
        elif keys.version != version and member.serves and self.clock.now_s() > asked.at_s + NOTICE_S:
            why = f"it has not begun to take the new keys within {NOTICE_S:.0f} s: does its agent run?"
            raise self._failed(f"host {asked.id}", why)
        else:
            self._note(f"waiting for {member}")
        return False

    def _left(self, members: Mapping[str, Instance], version: str, *, settled: bool) -> bool:
        """Whether a host has, or may have, other keys than the current ones."""
        for member in members.values():
            keys = self._keys[member.id]
            if keys.version == version:
                continue
            if member.state == "InService":
                return True
            # One that boots reads the current keys, unless it has read others already.
            if member.launches and (keys.version is not None or not (settled or keys.waits)):
                return True
        return False

    def _tell_next(self, members: Mapping[str, Instance], version: str) -> None:
        in_service = [member for member in members.values() if member.state == "InService"]
        old = [member for member in in_service if self._keys[member.id].version != version]
        out = [member for member in in_service if not member.serves]
        if out:
            self._note(f"waiting until every replica serves: {out[0]}")
        elif old:
            if len(in_service) == 1:
                self.say(f"one replica: nobody is served for {self.gap}; --surge adds a host before")
            self._tell(old[0].id, version)
        else:
            self._note("waiting for hosts that boot")

    def _tell(self, id_: str, version: str) -> None:
        self.hosts.tell(id_, version)
        self._note(f"{id_} takes the new keys")
        self._asked = Asked(id=id_, version=version, at_s=self.clock.now_s(), before=self._keys[id_])

    def _wait(self) -> None:
        if self.clock.now_s() >= self._deadline_s:
            raise self._failed(f"stack {self.stack}", f"not done after {self.timeout_s:g} s, {self._said}")
        self.clock.sleep(POLL_S)

    def _failed(self, path: str, message: str) -> Exception:
        return failure(
            path=path,
            message=f"{message}; the other hosts are left as they are: put it right, then go on",
            example=f"python -m ops keys restart --stack {self.stack}",
        )

    def _note(self, line: str) -> None:
        if line != self._said:
            self.say(line)
        self._said = line


def surge(hosts: Hosts, *, timeout_s: float, clock: Clock, say: Callable[[str], None], stack: str) -> None:
    """Every host is replaced, by one that was launched with the keys as they are now and serves before it goes."""
    refresh_id = hosts.replace_all()
    say("each host is replaced, by one that serves before it goes")

    def observe() -> Snapshot:
        while True:
            snapshot = hosts.observe()
            if snapshot.refresh is not None and snapshot.refresh.id == refresh_id:
                return snapshot
            clock.sleep(POLL_S)  # DescribeInstanceRefreshes may be a little late

    _, verdict = follow(observe, timeout_s=timeout_s, clock=clock, say=say)
    if verdict.state == "failed":
        raise failure(
            path=f"stack {stack}",
            message=f"{verdict.reason}; the hosts that were not replaced have their former keys",
            example=f"python -m ops keys restart --stack {stack} --surge",
        )


def host_timeout_s(plan: Any) -> float:
    """For one host to drain, start and join, or to boot; by the stack's own ``plan`` output."""
    try:
        timers = plan["timers"]
        return float(timers["boot_deadline_s"] + timers["stop_timeout_s"] + MARGIN_S)
    except (KeyError, TypeError):
        return FALLBACK_TIMEOUT_S


def gap(plan: Any) -> str:
    """How long a stack of one replica answers nobody while its host takes new keys."""
    try:
        timers, phases = plan["timers"], plan["cold_start_s"]
        joins_s = timers["health_interval_s"] * timers["healthy_threshold"]
        start_s = phases["load"] + phases["engine"] + phases["probe"] + joins_s
        return (
            f"about {start_s} s while vLLM starts, after up to {timers['shutdown_timeout_s']} s in which it ends the "
            "requests that run"
        )
    except (KeyError, TypeError):
        return "as long as vLLM takes to end its requests and to start"
