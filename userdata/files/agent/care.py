"""The life of the server between boot and end: proof that it works, its place in the rotation, its replacement."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace

from .hand import Hand
from .health import Health, Seen, State, Verdict, judge
from .line import Line
from .machine import BOOT, DOCKER, VLLM, Machine
from .settings import Settings

AGAIN_AFTER_S = 30
_ASK, _LEAVE, _REJOIN, _REPLACE, _STOP = "ask", "leave", "rejoin", "replace", "stop"


@dataclass(kw_only=True)
class Care:
    """``_given_up``: the group was told to replace this host, and the server has shown no work since."""

    settings: Settings
    machine: Machine
    hand: Hand
    line: Line
    _given_up: bool = False
    _health: Health | None = None
    _reason: str = ""  # that the group was told
    _verdict: Verdict = field(default_factory=lambda: Verdict(state=State.STOPPED))
    _not_before_s: dict[str, float] = field(default_factory=dict)

    def look(self, now_s: float) -> None:
        """Nothing before the boot is done: until then its deadline judges the server."""
        units = self.machine.units()
        if not units or units[BOOT].state != "active":
            return
        seen = Seen(
            now_s=now_s,
            vllm=units[VLLM],
            docker=units[DOCKER],
            load=self.machine.load(),
            completion=self.hand.jobs.result(_ASK) == 0,
        )
        before = self._verdict.state
        health, self._verdict = judge(self._health or Health(proven_s=now_s), seen, self.settings.limits)
        self._health = health
        if self._verdict.state is not before:
            self._say()
        self._act(now_s)

    def listen(self) -> None:
        """Between two looks: a server that has ended is taken out of rotation. One that is stopped is out already."""
        self.hand.jobs.result(_LEAVE)
        if self._verdict.state is not State.SERVING or self._health is None or not self.line.is_cut():
            return
        # It comes back with the completion that it serves next, not with one that it had served before it ended.
        self.hand.jobs.result(_ASK)
        self._health = replace(self._health, completed_in="")
        self._verdict = replace(self._verdict, completed=False)
        if not (self.settings.run_dir / "out-of-rotation").exists():
            self.hand.jobs.start(_LEAVE, *self.hand.script("leave.sh"))
            self.hand.tell("agent", "warning", "vLLM has ended by itself: this host gets no requests until it serves")

    def is_hung(self) -> bool:
        """Nothing that runs in the server will end by itself."""
        return self._verdict.state is State.UNHEALTHY

    def settle(self) -> None:
        """Tells what became of a replacement that was asked for, also when the group is so fast that this host ends."""
        if self.hand.jobs.result(_REPLACE) == 0:
            self._given_up = True
            self.hand.count("StalledHosts", 1)
            self.hand.tell("agent", "warning", f"{self._reason}; the group replaces this host")

    def stop(self) -> None:
        """Stops the server with its drain. Not one that a boot is loading, and not where the whole machine goes down:
        there each unit stops by itself."""
        if self._verdict.state is State.STOPPED or self.machine.is_going_down():
            return
        (self.settings.run_dir / "agent-stopped-vllm").touch()
        self.hand.jobs.start(_STOP, "systemctl", "stop", VLLM)

    def stopping(self) -> bool:
        self.hand.jobs.result(_STOP)
        return self.hand.jobs.runs(_STOP)

    def start(self) -> None:
        """Takes back what ``stop`` did, in the agent's next life."""
        mark = self.settings.run_dir / "agent-stopped-vllm"
        if mark.exists():
            mark.unlink()
            self.hand.jobs.fire("systemctl", "start", "--no-block", VLLM)

    def _act(self, now_s: float) -> None:
        verdict = self._verdict
        if verdict.ask:
            command = ("python3", str(self.settings.scripts / "probe.py"), str(self.settings.port))
            limit = ("timeout", f"{self.settings.limits.ask_timeout_s:.0f}")
            self.hand.jobs.start(_ASK, *limit, *command, self.settings.served_name, str(self.settings.keys_file))
        self._rejoin(now_s)
        self._replace(now_s)

    def _rejoin(self, now_s: float) -> None:
        status = self.hand.jobs.result(_REJOIN)
        joined = self.settings.run_dir / "agent-joined"
        if status == 0:
            joined.touch()
        # The group brings a new host in; here are those that left or were rebooted.
        out = not joined.exists() or (self.settings.run_dir / "out-of-rotation").exists()
        if self._verdict.completed and out and self._may(_REJOIN, now_s):
            self.hand.jobs.start(_REJOIN, *self.hand.script("rejoin.sh"))

    def _replace(self, now_s: float) -> None:
        if not self.is_hung():
            self._given_up = False
        elif not self._given_up and self._may(_REPLACE, now_s):
            self._reason = self._verdict.reason
            self.hand.jobs.start(_REPLACE, *self.hand.script("replace.sh", self._reason))

    def _may(self, what: str, now_s: float) -> bool:
        if self.hand.jobs.runs(what) or now_s < self._not_before_s.get(what, now_s):
            return False
        self._not_before_s[what] = now_s + AGAIN_AFTER_S
        return True

    def _say(self) -> None:
        sys.stderr.write(f"vllm: agent: the server is {self._verdict.state.value}. {self._verdict.reason}\n")
        sys.stderr.flush()
