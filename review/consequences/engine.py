"""What the engine refuses, what nobody can tell, and what was held so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from review.consequences.facts import Facts, named, named_texts
from review.match import pairs
from review.model import Consequence, Op, ResourceChange, Risk
from review.resources import TRIGGER, ignored
from review.values import leaves


def consequences(facts: Facts) -> Iterator[Consequence]:
    for type_ in sorted({change.type for change in facts.changes if change.refused}):
        yield _refused(type_, [change for change in facts.of(type_) if change.refused])
    unsure = facts.of(*{change.type for change in facts.changes}, ops=(Op.MAY_REPLACE,))
    if unsure:
        yield Consequence(
            id="may-replace",
            risk=Risk.MEDIUM,
            text=f"Nobody captured what these changes do; they may replace {named(unsure)}: look at `pulumi preview`.",
        )
    yield from _let_go(facts)
    yield from _unprotected(facts)
    renamed = [change for change in facts.changes if change.renamed_from and change.op is Op.RENAME]
    if renamed:
        yield Consequence(
            id="renamed", risk=Risk.NONE, text=f"Known by another name, and nothing happens to them: {named(renamed)}."
        )


def _refused(type_: str, changes: Sequence[ResourceChange]) -> Consequence:
    verb = "replace" if changes[0].op is Op.REPLACE else "delete"
    return Consequence(
        id="refused",
        risk=Risk.HIGH,
        text=f"`pulumi up` refuses to {verb} the protected {type_.rpartition(':')[2]} {named(changes)}, and changes "
        "nothing at all. The rest says what it would do.",
    )


def _let_go(facts: Facts) -> Iterator[Consequence]:
    """A value was held at what the stack has, and a set one acts: only the stack knows whether they are the same."""
    let_go: dict[tuple[str, str], list[str]] = {}
    changed = {(change.urn, each.name) for change in facts.changes for each in change.properties}
    for urn, before in pairs(facts.before.graph, facts.after.graph).items():
        after = facts.now[urn]
        for name in before.get("ignoreChanges") or ():
            value = after["inputs"].get(name)
            if ignored(name, after.get("ignoreChanges") or ()) or value is None or (urn, name) in changed:
                continue
            let_go.setdefault((name, ", ".join(str(leaf) for leaf in leaves(value))), []).append(after["name"])
    for (name, shown), resources in let_go.items():
        where = named_texts(resources)
        yield Consequence(
            id="no-longer-held",
            risk=Risk.LOW,
            text=f"`{name}` of {where} was held at what the stack has and is {shown} from now on. Nothing happens "
            "where that is the same, as `ops pin` sets it; where not, `pulumi preview` shows what.",
        )


def _unprotected(facts: Facts) -> Iterator[Consequence]:
    """The engine does not show it: it is in its state only."""
    former = pairs(facts.before.graph, facts.after.graph)
    bare = [
        facts.now[urn]["name"] for urn, before in former.items() if before["protect"] and not facts.now[urn]["protect"]
    ]
    if bare:
        yield Consequence(
            id="unprotected",
            risk=Risk.MEDIUM,
            text=f"Protection goes from {named_texts(bare)}: a later change or `pulumi destroy` may delete it.",
        )


def replaced_for(facts: Facts) -> Iterator[Consequence]:
    """Replacements that no other sentence tells of."""
    other = [change for change in facts.changes if change.op is Op.REPLACE and not change.refused]
    if not other:
        return
    why = sorted({each.path for change in other for each in change.properties if each.forces == "yes"} - {TRIGGER})
    reason = f" ({', '.join(why)} cannot change in place)" if why else ""
    yield Consequence(id="replaced", risk=Risk.LOW, text=f"Made anew and the old deleted{reason}: {named(other)}.")
