"""The changed resources as nested lists, with the properties that change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from review import words
from review.markdown_text import code, fence, prose
from review.model import Op, PropertyChange, ResourceChange
from review.shown import difference, is_long
from review.tree import Node, tree_of

DIFF_LINES = 40
LIST_MARKS = {ord(mark): f"\\{mark}" for mark in "+-~"}
"""What begins a list or a line through the text, unless it is escaped."""


def tree_lines(changes: Iterable[ResourceChange]) -> list[str]:
    return [line for node in tree_of(changes) for line in _node(node, indent="")]


def _node(node: Node, *, indent: str) -> Iterator[str]:
    yield f"{indent}- {_title(node)}"
    inside = f"{indent}  "
    if node.change:
        if node.change.refused:
            yield f"{inside}- **refused**: {prose(node.change.refused)}"
        if node.change.op not in (Op.CREATE, Op.DELETE):
            for changed in node.change.properties:
                yield from _property(changed, indent=inside)
    for child in node.children:
        yield from _node(child, indent=inside)


def _title(node: Node) -> str:
    named = f"{prose(node.kind)} {code(node.name)}"
    if node.change is None:
        return named
    done = words.DONE[node.change.op]
    if node.change.renamed_from:
        also = "" if node.change.op is Op.RENAME else ", renamed"
        done += f"{also} from {code(node.change.renamed_from.rpartition('::')[2])}"
    sign = words.SIGNS[node.change.op].translate(LIST_MARKS)
    return f"{sign} **{named}** {done}"


def _property(changed: PropertyChange, *, indent: str) -> Iterator[str]:
    forced = words.FORCES[changed.forces]
    note = f" (**{forced}**)" if forced else ""
    if not is_long(changed.before, changed.after):
        yield f"{indent}- {code(changed.path)}: {code(changed.before)} → {code(changed.after)}{note}"
        return
    lines = difference(changed.before, changed.after)
    yield f"{indent}- {code(changed.path)}:{note}"
    shown = [*lines[:DIFF_LINES], *([f"… {len(lines) - DIFF_LINES:,} more lines"] if len(lines) > DIFF_LINES else [])]
    yield from (f"{indent}  {line}" for line in fence([line[:300] for line in shown], language="diff"))
