"""Exceptions with a written reason and an end: ``policies/waivers.yaml``."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

WAIVERS = Path(__file__).with_name("waivers.yaml")
KEYS = {"rule", "urn", "reason", "until"}
SHORTEST_REASON = 20
EXAMPLE = "{rule: ID, urn: 'urn:pulumi:STACK::*::NAME', reason: why this is right here, until: 2027-03-31}"


class WaiverError(Exception):
    """The file of waivers cannot be used. The text has every entry that is wrong."""


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """``urn``: a shell pattern. ``until``: the last day on which it holds."""

    rule: str
    urn: str
    reason: str
    until: datetime.date

    def covers(self, *, rule: str, urn: str, today: datetime.date) -> bool:
        return self.rule == rule and today <= self.until and fnmatchcase(urn, self.urn)

    def has_ended_for(self, *, rule: str, urn: str, today: datetime.date) -> bool:
        return self.rule == rule and today > self.until and fnmatchcase(urn, self.urn)


def read_waivers(path: Path = WAIVERS, *, rules: Collection[str]) -> tuple[Waiver, ...]:
    """All of the file, ``rules`` being the ids that there are. Raises WaiverError with all that is wrong."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise WaiverError(f"{path.name}: {error}") from error
    entries = document.get("waivers") if isinstance(document, Mapping) else None
    if not isinstance(entries, list):
        raise WaiverError(f"{path.name}: `waivers` must be a list of {EXAMPLE}")
    wrong = [
        f"{path.name}: entry {at}: {text}" for at, entry in enumerate(entries, 1) if (text := _wrong(entry, rules))
    ]
    if wrong:
        raise WaiverError("\n".join(wrong))
    return tuple(Waiver(**entry) for entry in entries)


def _wrong(entry: Any, rules: Collection[str]) -> str:
    if not isinstance(entry, Mapping) or set(entry) != KEYS:
        return f"give exactly {EXAMPLE}"
    if entry["rule"] not in rules:
        return f"no rule is called {entry['rule']}: docs/policies.md lists them"
    if not isinstance(entry["urn"], str) or not entry["urn"].startswith("urn:pulumi:"):
        return "`urn` is a pattern that begins with urn:pulumi:"
    if not isinstance(entry["reason"], str) or len(entry["reason"].strip()) < SHORTEST_REASON:
        return f"`reason` says in at least {SHORTEST_REASON} characters why this is right here"
    if type(entry["until"]) is not datetime.date:
        return "`until` is a day, like 2027-03-31: what is waived is looked at again then"
    return ""
