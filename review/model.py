"""What a review says, as frozen data; made by ``review.compare``, shown as Markdown, as a page and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Op(StrEnum):
    """What the engine would do to a resource. MAY_REPLACE: a property changes of which nobody captured what it does.
    RENAME: nothing, it is known by another name from now on."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    MAY_REPLACE = "may-replace"
    DELETE = "delete"
    RENAME = "rename"


class Risk(StrEnum):
    """Of a stack's change as a whole, and of each of its consequences."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Forces(StrEnum):
    """Whether the change of a property replaces its resource."""

    NO = "no"
    YES = "yes"
    MAYBE = "maybe"


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One stack file at one revision. ``graph``: as ``ops graph --json``; ``plan``: as ``ops plan --json``; ``files``:
    path on the host -> its text, as ``ops render`` shows them; ``violations``: what the policies say, as ``ops graph
    --policies --json``."""

    graph: tuple[Mapping[str, Any], ...]
    plan: Mapping[str, Any]
    files: Mapping[str, str]
    violations: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class PropertyChange:
    """``path``: as the engine names it, ``tags.team`` or ``ingress[0].fromPort``. None: not there."""

    path: str
    before: Any
    after: Any
    forces: Forces

    @property
    def name(self) -> str:
        """The property of the resource, without what is inside."""
        return self.path.partition(".")[0].partition("[")[0]


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """``renamed_from``: the URN it had, where an alias keeps it. ``refused``: the engine will not do it, and why."""

    op: Op
    urn: str
    type: str
    name: str
    parent: str | None
    properties: tuple[PropertyChange, ...] = ()
    renamed_from: str | None = None
    refused: str | None = None


@dataclass(frozen=True, kw_only=True)
class PlanChange:
    """``what``: a key of the plan in words, or a flag of vLLM. None: not there."""

    what: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """A sentence or two for people: what happens to hosts, requests, caches, data, money."""

    id: str
    risk: Risk
    text: str


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """``diff``: lines of a unified diff; None before or after: a new or a deleted file."""

    path: str
    diff: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StackReview:
    """``monthly_usd``: before, after; None where the stack is not there. ``problems``: why a revision could not be
    computed (its report), in which case the rest is empty. ``notes``: what a revision or a preview lacks, and what that
    leaves out here."""

    stack: str
    risk: Risk
    changes: tuple[ResourceChange, ...] = ()
    plan: tuple[PlanChange, ...] = ()
    monthly_usd: tuple[float | None, float | None] = (None, None)
    consequences: tuple[Consequence, ...] = ()
    new_violations: tuple[Mapping[str, Any], ...] = ()
    gone_violations: tuple[Mapping[str, Any], ...] = ()
    files: tuple[FileChange, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Review:
    """``base`` and ``head``: the revisions as git names them, or the file of a preview. ``provider``: whose plans say
    what replaces a resource."""

    base: str
    head: str
    provider: str
    stacks: tuple[StackReview, ...]

    @property
    def risk(self) -> Risk:
        order = list(Risk)
        return max((stack.risk for stack in self.stacks), key=order.index, default=Risk.NONE)
