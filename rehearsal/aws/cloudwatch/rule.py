"""The rule of a composite alarm, read and judged. Pure.

PutCompositeAlarm, AlarmRule: ``ALARM``, ``OK`` and ``INSUFFICIENT_DATA`` of an alarm's name or ARN, with or without
double quotes; ``TRUE`` and ``FALSE``; ``AND``, ``OR``, ``NOT`` and parentheses. "The rule expression of a composite
alarm can include as many as 100 underlying alarms"; its length is at most 10240 characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rehearsal.aws.cloudwatch.state import State

MAX_ALARMS = 100
MAX_LENGTH = 10240
_TOKEN = re.compile(
    r'\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"(?P<quoted>[^"]+)"|(?P<plain>[^\s()"]+))\s*\)'
    r"|(?P<word>AND|OR|NOT|TRUE|FALSE)\b|(?P<bracket>[()]))"
)

States = Mapping[str, State]  # by an alarm's name
Test = Callable[[States], bool]


@dataclass(frozen=True, kw_only=True)
class CompositeRule:
    """``names``: the alarms that it speaks of, in its order."""

    holds: Test
    names: tuple[str, ...]


def parse(text: str) -> CompositeRule:
    """Raises ValueError with AWS's limits in words, or where the text stops making sense."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the rule has {len(text)} characters, at most {MAX_LENGTH} are allowed")
    reader = _Reader(text=text)
    rule = reader.any_of()
    reader.expect_end()
    names = tuple(dict.fromkeys(reader.names))
    if len(names) > MAX_ALARMS:
        raise ValueError(f"the rule names {len(names)} alarms, at most {MAX_ALARMS} are allowed")
    return CompositeRule(holds=rule, names=names)


def name_in(reference: str) -> str:
    """The alarm's name where an ARN is given (``arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME``)."""
    return reference.split(":", 6)[6] if reference.startswith("arn:") else reference


@dataclass(kw_only=True)
class _Reader:
    text: str
    at: int = 0
    names: list[str] = field(default_factory=list)

    def any_of(self) -> Test:
        parts = [self._all_of()]
        while self._takes("OR"):
            parts.append(self._all_of())
        return lambda states: any(part(states) for part in parts)

    def expect_end(self) -> None:
        if self.text[self.at :].strip():
            raise ValueError(f"the rule makes no sense from here: {self.text[self.at :].strip()[:60]}")

    def _all_of(self) -> Test:
        parts = [self._one()]
        while self._takes("AND"):
            parts.append(self._one())
        return lambda states: all(part(states) for part in parts)

    def _one(self) -> Test:
        if self._takes("NOT"):
            inner = self._one()
            return lambda states: not inner(states)
        if self._takes("("):
            inner = self.any_of()
            if not self._takes(")"):
                raise ValueError("a parenthesis is not closed")
            return inner
        return self._leaf()

    def _leaf(self) -> Test:
        found = _TOKEN.match(self.text, self.at)
        if found is None or not (found["state"] or found["word"] in ("TRUE", "FALSE")):
            self.expect_end()
            raise ValueError("the rule ends too early")
        self.at = found.end()
        if found["state"] is None:
            truth = found["word"] == "TRUE"
            return lambda _: truth
        wanted, name = found["state"], name_in(found["quoted"] or found["plain"])
        self.names.append(name)
        return lambda states: states.get(name) == wanted

    def _takes(self, word: str) -> bool:
        found = _TOKEN.match(self.text, self.at)
        if found is None or word not in (found["word"], found["bracket"]):
            return False
        self.at = found.end()
        return True
