"""What the engine would do to each resource, in the order in which resources depend on each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from review.match import Resource, key_of, pairs
from review.model import Forces, Op, PropertyChange, ResourceChange
from review.refusal import refusal
from review.replacement import Kind, ReplacementTable
from review.unknown import HIDDEN, Hidden, named, obscured, of_new, of_updated, plain
from review.values import UNKNOWN, differences, renamed

TRIGGER = "replacementTrigger"
IN_A_REGION, IN_NONE = "aws:", ("aws:iam/", "aws:route53/", "aws:budgets/")
REGION_IN_ARN = 3
OF_THE_ENGINE = "pulumi:"
"""Types that are the stack itself and its providers."""


def resource_changes(
    before: Sequence[Resource], after: Sequence[Resource], *, table: ReplacementTable
) -> tuple[ResourceChange, ...]:
    """In the order of ``after``, then what goes in that of ``before``."""
    former = pairs(before, after)
    old, new = region_of(before), region_of(after)
    walk = _Walk(
        table=table,
        former=former,
        graph={resource["urn"]: resource for resource in after},
        moved=(old, new) if old and new and old != new else None,
    )
    made = {resource["urn"]: change for resource in in_order(after) if (change := walk.change(resource)) is not None}
    kept = {resource["urn"] for resource in former.values()}
    gone = [_change(Op.DELETE, resource) for resource in before if resource["urn"] not in kept]
    changes = [made[resource["urn"]] for resource in after if resource["urn"] in made] + gone
    return tuple(change for change in changes if not change.type.startswith(OF_THE_ENGINE))


def in_order(graph: Sequence[Resource]) -> Iterator[Resource]:
    """What others depend on comes first."""
    waiting = {resource["urn"]: resource for resource in graph}

    def visit(urn: str) -> Iterator[Resource]:
        resource = waiting.pop(urn, None)
        if resource is None:
            return
        read = {other for urns in (resource.get("propertyDependencies") or {}).values() for other in urns}
        for other in sorted({*resource["dependencies"], *read, resource["parent"] or ""}):
            yield from visit(other)
        yield resource

    for urn in list(waiting):
        yield from visit(urn)


@dataclass
class _Walk:
    """One comparison under way. ``graph``: what is registered now, by URN; ``hidden``: by URN, what is unknown of it;
    ``names``: what stands in for AWS's answers under new names -> under the old. ``moved``: to this region."""

    table: ReplacementTable
    former: Mapping[str, Resource]
    graph: Mapping[str, Resource]
    moved: tuple[str, str] | None
    hidden: dict[str, Hidden] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def change(self, after: Resource) -> ResourceChange | None:
        """None where nothing happens to it."""
        before = self.former.get(after["urn"])
        if before is None:
            self.hidden[after["urn"]] = of_new(after)
            return _change(Op.CREATE, after)
        properties = self._properties(before, after)
        moved = key_of(before["urn"]) != key_of(after["urn"]) and not after["type"].startswith(OF_THE_ENGINE)
        op = _op(properties)
        if op is Op.REPLACE:
            self.hidden[after["urn"]] = of_new(after)
        elif op:
            computed = self.table.of(after["type"]).unknown_after(frozenset(each.name for each in properties))
            if hidden := of_updated(after, computed=computed):
                self.hidden[after["urn"]] = hidden
        if op is not Op.REPLACE and before["urn"] != after["urn"]:
            self.names |= named(before, after)
        if op is None and not moved:
            return None
        return _change(op or Op.RENAME, after, before=before if moved else None, properties=properties)

    def _properties(self, before: Resource, after: Resource) -> tuple[PropertyChange, ...]:
        now = renamed(after["inputs"], self.names)
        found = [
            self._property(after, path, old, new)
            for path, old, new in self._differences(
                before["inputs"], now, reads=after.get("propertyDependencies") or {}
            )
            if not ignored(path, after.get("ignoreChanges") or ())
        ]
        also = self.table.of(after["type"]).also
        names = {change.name for change in found}
        for name in sorted({other for each in names for other in also.get(each, ())} - names):
            found.append(PropertyChange(path=name, before=None, after=plain(HIDDEN), forces=Forces.NO))
        return (*found, *self._trigger(before, after), *self._region(after))

    def _differences(
        self, before: Mapping[str, Any], now: Mapping[str, Any], *, reads: Mapping[str, Sequence[str]]
    ) -> Iterator[tuple[str, Any, Any]]:
        """Where a text differs it is shown, where only what it reads becomes unknown it is ``[unknown]``."""
        for name in sorted({*before, *now}):
            old, new = before.get(name), now.get(name)
            shown = list(differences(old, new, path=name))
            sources = tuple(self.hidden[urn] for urn in reads.get(name, ()) if urn in self.hidden)
            if not sources or new is None:
                yield from shown
                continue
            texts = {path: text for path, _, text in shown}
            others = [self.graph[urn] for urn in reads[name] if urn not in self.hidden and urn in self.graph]
            hidden = list(differences(old, obscured(new, sources, shown_by=others), path=name))
            if shown and any(text is HIDDEN and path == name for path, _, text in hidden):
                hidden = shown
            for path, was, text in hidden:
                yield path, was, plain(texts.get(path, text))

    def _property(self, resource: Resource, path: str, before: Any, after: Any) -> PropertyChange:
        kind = _kind(before, after)
        forces = self.table.forces(resource["type"], path, kind) if resource["custom"] else Forces.NO
        if ignored(path, resource.get("replaceOnChanges") or ()):
            forces = Forces.YES
        return PropertyChange(path=path, before=before, after=after, forces=forces)

    def _trigger(self, before: Resource, after: Resource) -> Iterator[PropertyChange]:
        new = renamed(after.get(TRIGGER), self.names)
        old = before.get(TRIGGER, new)
        if new is None:
            return
        anew = any(hidden.whole and new in hidden.outputs for hidden in self.hidden.values())
        if anew or old != new:
            shown = new if old != new else plain(HIDDEN)
            yield PropertyChange(path=TRIGGER, before=old, after=shown, forces=Forces.YES)

    def _region(self, resource: Resource) -> Iterator[PropertyChange]:
        type_ = resource["type"]
        if self.moved and type_.startswith(IN_A_REGION) and not type_.startswith(IN_NONE):
            old, new = self.moved
            yield PropertyChange(path="region", before=old, after=new, forces=Forces.YES)


def region_of(graph: Sequence[Resource]) -> str | None:
    """As the ARNs have it; None without one."""
    arns = (str((resource.get("answered") or {}).get("arn", "")).split(":") for resource in graph)
    return next((arn[REGION_IN_ARN] for arn in arns if len(arn) > REGION_IN_ARN and arn[REGION_IN_ARN]), None)


def ignored(path: str, patterns: Sequence[str]) -> bool:
    """Whether the path is one of these or inside one; ``*`` is all, ``[*]`` every index."""
    for pattern in patterns:
        if pattern == "*":
            return True
        wanted = pattern.replace("[*]", "[]")
        plain_path = _without_indices(path) if "[*]" in pattern else path
        if plain_path == wanted or plain_path.startswith((f"{wanted}.", f"{wanted}[")):
            return True
    return False


def _without_indices(path: str) -> str:
    return "".join(part if index == 0 else "[]" + part.partition("]")[2] for index, part in enumerate(path.split("[")))


def _kind(before: Any, after: Any) -> Kind:
    if before is None or after is None:
        return Kind.ADDED if before is None else Kind.REMOVED
    return Kind.UNKNOWN if after == UNKNOWN else Kind.CHANGED


def _op(properties: Sequence[PropertyChange]) -> Op | None:
    forced = {change.forces for change in properties}
    if Forces.YES in forced:
        return Op.REPLACE
    return Op.MAY_REPLACE if Forces.MAYBE in forced else Op.UPDATE if properties else None


def _change(
    op: Op, resource: Resource, *, before: Resource | None = None, properties: tuple[PropertyChange, ...] = ()
) -> ResourceChange:
    return ResourceChange(
        op=op,
        urn=resource["urn"],
        type=resource["type"],
        name=resource["name"],
        parent=resource["parent"],
        properties=properties,
        renamed_from=before["urn"] if before is not None else None,
        refused=refusal(op, resource),
    )
