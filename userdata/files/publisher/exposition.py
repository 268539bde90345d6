"""Prometheus' text format, read as far as the publisher needs it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

_LABEL = re.compile(r'([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r'\\([\\"n])')


@dataclass(frozen=True, kw_only=True)
class Sample:
    """``labels``: the text between the braces, as it came: the same series has the same text in each answer."""

    name: str
    labels: str
    value: float

    def has(self, wanted: Mapping[str, str]) -> bool:
        if not wanted:
            return True
        labels = labels_of(self.labels)
        return all(labels.get(name) == value for name, value in wanted.items())


@dataclass(frozen=True, kw_only=True)
class Exposition:
    """One answer. ``families``: the names that it declares, also those without a sample yet."""

    families: frozenset[str] = frozenset()
    samples: Mapping[str, tuple[Sample, ...]] = field(default_factory=dict)

    def of(self, name: str, labels: Mapping[str, str] | None = None) -> list[Sample]:
        return [sample for sample in self.samples.get(name, ()) if sample.has(labels or {})]

    def total(self, name: str) -> float | None:
        """The sum of all series of a name; None where there is none."""
        found = self.of(name)
        return sum(sample.value for sample in found) if found else None

    def largest(self, name: str) -> float | None:
        return max((sample.value for sample in self.of(name)), default=None)


def read(text: str, wanted: Collection[str]) -> Exposition:
    """The samples of the names in ``wanted``; a line that makes no sense is left out."""
    families = set()
    samples: dict[str, list[Sample]] = {}
    for line in text.split("\n"):
        if line.startswith("#"):
            if line.startswith("# TYPE "):
                families.add(line.split(" ")[2])
            continue
        name = line.split("{", 1)[0].split(" ", 1)[0]
        if name in wanted and (sample := _sample(name, line)):
            samples.setdefault(name, []).append(sample)
    return Exposition(families=frozenset(families), samples={name: tuple(found) for name, found in samples.items()})


def exposition(samples: Iterable[Sample], *, families: Collection[str]) -> Exposition:
    """One that was not read but made."""
    by_name: dict[str, list[Sample]] = {}
    for sample in samples:
        by_name.setdefault(sample.name, []).append(sample)
    return Exposition(families=frozenset(families), samples={name: tuple(found) for name, found in by_name.items()})


@lru_cache(maxsize=4096)
def labels_of(text: str) -> Mapping[str, str]:
    return {name: _ESCAPED.sub(_unescape, value) for name, value in _LABEL.findall(text)}


def _unescape(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]


def _sample(name: str, line: str) -> Sample | None:
    rest = line[len(name) :]
    labels = ""
    if rest.startswith("{"):
        labels, closed, rest = rest[1:].rpartition("}")
        if not closed:
            return None
    try:
        value = float(rest.split()[0])
    except (IndexError, ValueError):
        return None
    return Sample(name=name, labels=labels, value=value) if value == value else None  # not NaN
