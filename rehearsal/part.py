"""One stack in a rehearsal: what it is, what it takes as given, and what has been found of it."""

from __future__ import annotations

from dataclasses import dataclass

from config.models import StackConfig
from rehearsal.aws.given.model import Given
from rehearsal.ledger import Found, Ledger
from rehearsal.narrate import Narrator
from sizing.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Part:
    """``config`` has stand-ins for placeholders; ``found`` and ``ledger`` are filled as it goes, also when a step ends
    it."""

    stack: str
    config: StackConfig
    plan: Plan
    given: Given
    narrator: Narrator
    ledger: Ledger
    found: Found
