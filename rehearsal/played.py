"""Who plays the hosts of a rehearsal that boots: of each stack one instance is left to a real boot, the others are
healthy at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from rehearsal.aws.settings import Guest, HookResult


@dataclass(kw_only=True)
class AllButOne:
    """A Host of the emulated AWS. Instances of one stack have the same user data, and no other stack has it; the first
    to launch is the one that nobody plays."""

    _left_alone: dict[str, str] = field(default_factory=dict)  # user data -> instance id

    def __call__(self, guest: Guest) -> HookResult | None:
        left_alone = self._left_alone.setdefault(guest.user_data, guest.instance_id)
        return None if guest.instance_id == left_alone else "CONTINUE"
