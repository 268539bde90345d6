"""The changed resources as a tree of HTML lists."""

from __future__ import annotations

from collections.abc import Iterable

from review import words
from review.model import Op, PropertyChange, ResourceChange
from review.page_text import code, diff, escape, sentence
from review.shown import difference, is_long
from review.tree import Node, tree_of

MANY = 8
"""Properties above which a resource starts folded."""


def tree(changes: Iterable[ResourceChange]) -> str:
    return f'<ul class="tree">\n{_items(tree_of(changes))}\n</ul>'


def _items(nodes: Iterable[Node]) -> str:
    return "\n".join(f"<li>{_node(node)}</li>" for node in nodes)


def _node(node: Node) -> str:
    inside = [*_own(node), *([_items(node.children)] if node.children else [])]
    if not inside:
        return _title(node)
    fold = node.change is not None and len(node.change.properties) > MANY
    body = "\n".join(inside)
    return f"<details{'' if fold else ' open'}><summary>{_title(node)}</summary>\n<ul>\n{body}\n</ul></details>"


def _own(node: Node) -> list[str]:
    """What is said of the resource itself: a property of one that comes or goes is no change."""
    if node.change is None:
        return []
    refused = [f'<li class="forces">refused: {sentence(node.change.refused)}</li>'] if node.change.refused else []
    if node.change.op in (Op.CREATE, Op.DELETE):
        return refused
    return [*refused, *(f"<li>{_property(changed)}</li>" for changed in node.change.properties)]


def _title(node: Node) -> str:
    named = f"{escape(node.kind)} {code(node.name)}"
    if node.change is None:
        return named
    op = node.change.op
    former = node.change.renamed_from
    also = "" if op is Op.RENAME else ", renamed"
    renamed = f"{also} from {code(former.rpartition('::')[2])}" if former else ""
    sign = f'<span class="sign {op}" aria-hidden="true">{words.SIGNS[op]}</span>'
    return f'{sign}{named} <span class="{op}">{words.DONE[op]}</span>{renamed}'


def _property(changed: PropertyChange) -> str:
    forced = words.FORCES[changed.forces]
    note = f' <span class="forces">{forced}</span>' if forced else ""
    if not is_long(changed.before, changed.after):
        before, after = code(changed.before, look="old"), code(changed.after, look="new")
        return f"{code(changed.path)}: {before} → {after}{note}"
    shown = diff(difference(changed.before, changed.after))
    return f"<details><summary>{code(changed.path)}: what differs{note}</summary>{shown}</details>"
