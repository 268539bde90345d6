"""The table that a review reads, made of what the provider said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tools.captures.alter import Kind, top

CHANGES = (Kind.CHANGED, Kind.LONGER, Kind.SHORTER)
EXCEPTIONS = {Kind.REMOVED: "whenRemoved", Kind.ADDED: "whenAdded", Kind.UNKNOWN: "whenUnknown"}
"""Changes that may have another answer, and where the table says so."""


class Answer(StrEnum):
    REPLACE = "replace"
    UPDATE = "update"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Observation:
    """``computed``: outputs that a preview shows as unknown; ``also``: those of them that it lists as changed, too."""

    type: str
    path: str
    kind: Kind
    answer: Answer
    also: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()


def document(observations: Iterable[Observation], *, provider: str, captured: str) -> dict[str, Any]:
    """The same for the same observations, in whatever order they come."""
    by_type = defaultdict(list)
    for observation in observations:
        by_type[observation.type].append(observation)
    return {
        "provider": provider,
        "captured": captured,
        "types": {type_: _entry(by_type[type_]) for type_ in sorted(by_type)},
    }


def differences(committed: Mapping[str, Any], captured: Mapping[str, Any]) -> Iterator[str]:
    """A line for each type or key that is not the same; the date does not count."""
    if committed.get("provider") != captured["provider"]:
        yield f"provider: {committed.get('provider')}, now {captured['provider']}"
    old, new = committed.get("types", {}), captured["types"]
    for type_ in sorted({*old, *new}):
        before, after = old.get(type_, {}), new.get(type_, {})
        for key in sorted({*before, *after}):
            if before.get(key) != after.get(key):
                yield f"{type_} {key}: {before.get(key)}, now {after.get(key)}"


def _entry(observations: Sequence[Observation]) -> dict[str, Any]:
    answers = _answers(observations)
    lines = _lines(answers)
    entry: dict[str, Any] = {
        answer.value: sorted(path for path, given in lines.items() if given is answer)
        for answer in (Answer.REPLACE, Answer.UPDATE)
    }
    always, sometimes = _computed(observations)
    entry["computed"] = always
    for key, value in {"computedBy": sometimes, "also": _also(observations)}.items():
        if value:
            entry[key] = value
    for kind, key in EXCEPTIONS.items():
        if exceptions := _exceptions(observations, kind=kind, answers=answers):
            entry[key] = exceptions
    return entry


def _answers(observations: Sequence[Observation]) -> dict[str, Answer]:
    """By path: the gravest answer to a change of the value; of one without a value, to its being unknown."""
    found: dict[str, Answer] = {}
    order = list(Answer)
    for kinds in (CHANGES, (Kind.UNKNOWN,)):
        settled = {top(path) for path in found}
        for item in observations:
            if item.kind in kinds and item.path not in settled and top(item.path) not in settled:
                found[item.path] = min(item.answer, found.get(item.path, item.answer), key=order.index)
    return found


def _lines(answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """One for each property; for each path in it where they differ."""
    lines: dict[str, Answer] = {}
    for name in {top(path) for path in answers}:
        inside = {path: answer for path, answer in answers.items() if top(path) == name}
        told = set(inside.values())
        lines |= {name: told.pop()} if len(told) == 1 else inside
    return lines


def _computed(observations: Sequence[Observation]) -> tuple[list[str], dict[str, list[str]]]:
    """Outputs that every update makes unknown; and others, with the properties that do."""
    updating = {top(item.path) for item in observations if item.answer is Answer.UPDATE and item.kind in CHANGES}
    by = defaultdict(set)
    for item in observations:
        if item.kind in CHANGES:
            for output in item.computed:
                by[output].add(top(item.path))
    always = sorted(output for output, names in by.items() if names == updating)
    return always, {output: sorted(by[output]) for output in sorted(by) if output not in always}


def _also(observations: Sequence[Observation]) -> dict[str, list[str]]:
    also: dict[str, set[str]] = defaultdict(set)
    for item in observations:
        if item.kind in CHANGES and item.answer is Answer.UPDATE and item.also:
            also[top(item.path)] |= {*item.also}
    return {name: sorted(also[name]) for name in sorted(also)}


def _exceptions(
    observations: Sequence[Observation], *, kind: Kind, answers: Mapping[str, Answer]
) -> dict[str, list[str]]:
    """By answer: the paths at which all of this kind have this one and other changes have another."""
    given = defaultdict(set)
    for item in observations:
        if item.kind is kind:
            given[item.path].add(item.answer)
    found = defaultdict(list)
    for path, told in sorted(given.items()):
        inside = {
            answer for other, answer in answers.items() if other == path or other.startswith((f"{path}.", f"{path}["))
        }
        if len(told) == 1 and inside and not told & inside:
            found[next(iter(told)).value].append(path)
    return dict(sorted(found.items()))
