"""Keys that changed: `ops keys` names their version in a tag of this instance, one host after the other.

The instance metadata show it as ``tags/instance/vllm:keys``. After a reboot the tag may name a version that is older
than the keys which the boot has fetched: the script goes by the keys that there are, and restarts nothing for the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from .hand import Hand
from .machine import BOOT, Machine

AGAIN_AFTER_S = 60
_NEW_KEYS = "new-keys"


@dataclass(kw_only=True)
class Keys:
    machine: Machine
    hand: Hand
    _asked: str = ""
    _again_at_s: float = 0

    def look(self, wanted: str | None, now_s: float) -> None:
        """``wanted``: the version that the tag names. Nothing before the boot is done: it fetches the keys itself."""
        done = self.hand.settings.run_dir / "agent-keys"
        status = self.hand.jobs.result(_NEW_KEYS)
        if status == 0:
            done.write_text(self._asked, encoding="utf-8")
        elif status is not None:
            self._again_at_s = now_s + AGAIN_AFTER_S
        if not wanted or self.hand.jobs.runs(_NEW_KEYS):
            return
        if done.exists() and done.read_text(encoding="utf-8") == wanted:
            return
        if wanted == self._asked and now_s < self._again_at_s:
            return
        units = self.machine.units()
        if units and units[BOOT].state == "active":
            self._asked = wanted
            self.hand.jobs.start(_NEW_KEYS, *self.hand.script("new-keys.sh", wanted))
