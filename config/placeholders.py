"""The account-bound values that the repository cannot know: one list of what stands in ``Pulumi.prod.yaml`` for them.

`pulumi up` refuses a stack file that still has one; `ops plan` warns. A rehearsal has no account, so it puts the
stand-in in its place and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.errors import Problem
from config.models import StackConfig
from config.namespaces import NAMESPACE
from config.tree import dotted, get, replaced
from config.types import Says
from config.wording import locate, says


@dataclass(frozen=True, kw_only=True)
class Placeholder:
    """``text`` stands at ``path``, in a list as one of its items; ``todo`` says what people put there instead."""

    path: tuple[str, str]
    text: str
    stand_in: str
    todo: str

    @property
    def key(self) -> str:
        return dotted(self.path)


PLACEHOLDERS = (
    Placeholder(
        path=("endpoint", "certificateArn"),
        text="arn:aws:acm:us-east-1:000000000000:certificate/00000000-0000-0000-0000-000000000000",
        stand_in="arn:aws:acm:us-east-1:123456789012:certificate/5e4ea4a1-0000-4000-8000-000000000000",
        todo="the certificate of your own name: aws acm request-certificate --domain-name NAME --validation-method DNS",
    ),
    Placeholder(
        path=("endpoint", "domain"),
        text="replace-me.example.com",
        stand_in="llm.rehearsal.test",
        todo="the name that clients use; a CNAME record to the load_balancer_dns output",
    ),
    Placeholder(
        path=("monitoring", "notify"),
        text="replace-me@example.com",
        stand_in="oncall@rehearsal.test",
        todo="who is told when an alarm fires",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """What a rehearsal put at a key in place of a placeholder."""

    key: str
    stand_in: str


def left(config: StackConfig) -> tuple[Placeholder, ...]:
    """The placeholders that a configuration still has."""
    tree = config.model_dump(mode="json", by_alias=True)
    return tuple(entry for entry in PLACEHOLDERS if _holds(get(tree, entry.path), entry.text))


def refused(config: StackConfig) -> tuple[Problem, ...]:
    """A Problem for each placeholder left: what it names does not exist."""
    return tuple(
        Problem(
            path=entry.key,
            given=entry.text,
            allowed=_about(entry).allowed,
            example=_about(entry).example,
            message=f"this is the repository's placeholder; put in {entry.todo}",
        )
        for entry in left(config)
    )


def with_stand_ins(values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Replacement, ...]]:
    """The ``config:`` mapping of a stack file with every placeholder replaced, and nothing else."""
    result: dict[str, Any] = dict(values)
    made = []
    for entry in PLACEHOLDERS:
        section, key = f"{NAMESPACE}:{entry.path[0]}", entry.path[1]
        found = get(result, (section, key))
        if _holds(found, entry.text):
            result[section] = replaced(result[section], (key,), _replaced_in(found, entry))
            made.append(Replacement(key=entry.key, stand_in=entry.stand_in))
    return result, tuple(made)


def _replaced_in(found: object, entry: Placeholder) -> object:
    if isinstance(found, list):
        return [entry.stand_in if item == entry.text else item for item in found]
    return entry.stand_in


def _holds(found: object, text: str) -> bool:
    return text in found if isinstance(found, list) else found == text


def _about(entry: Placeholder) -> Says:
    field = locate(entry.path)[2]
    if field is None:
        raise LookupError(f"{entry.key} is no key of a stack file")
    return says(field)
