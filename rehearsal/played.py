"""Who plays the hosts of a rehearsal that boots: of each stack one instance is left to a real boot, the others are
healthy at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from rehearsal.aws.settings import Guest, HookResult


@dataclass(kw_only=True)
class AllButOne:
    """A Host of the emulated AWS. Instances of one stack have the same user data, and no other stack has it; the first
    to launch is the one that nobody plays. Stacks boot one after the other: until its turn comes its hook is kept open.
    """

    _left_alone: dict[str, str] = field(default_factory=dict)  # user data -> instance id
    _booting: set[str] = field(default_factory=set)

    def boots(self, instance_id: str) -> None:
        """From now on the instance itself must be heard of."""
        self._booting.add(instance_id)

    def __call__(self, guest: Guest) -> HookResult | Literal["HEARTBEAT"] | None:
        if guest.instance_id != self._left_alone.setdefault(guest.user_data, guest.instance_id):
            return "CONTINUE"
        return None if guest.instance_id in self._booting else "HEARTBEAT"
