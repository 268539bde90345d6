"""What the policies say now and did not say before, and the other way round."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Violation = Mapping[str, Any]


def violation_changes(
    before: Sequence[Violation], after: Sequence[Violation]
) -> tuple[tuple[Violation, ...], tuple[Violation, ...]]:
    """New ones, then those that are gone."""
    held, now = {_key(each) for each in before}, {_key(each) for each in after}
    return (
        tuple(each for each in after if _key(each) not in held),
        tuple(each for each in before if _key(each) not in now),
    )


def _key(violation: Violation) -> str:
    return json.dumps(violation, sort_keys=True, default=str)
