"""A review as a comment on a pull request: risk and consequences first, the rest folded, short enough for GitHub."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from review import words
from review.markdown_text import cell, code, fence, prose
from review.markdown_tree import tree_lines
from review.model import FileChange, PlanChange, Review, Risk, StackReview

LIMIT = 65_536
"""Characters of a comment on GitHub."""
RESERVE = 600
"""Of them for the sentence on what was left out."""
DIFF_LINES = 300
LISTED = 50
WHOLE = ("stack-new", "stack-gone")
"""Consequences of a stack that comes or goes."""
GRAVEST_FIRST = tuple(reversed(Risk))


@dataclass(frozen=True, kw_only=True)
class Block:
    """Some lines that are shown together or not at all. ``name``: how it is called where it is left out."""

    name: str
    text: str
    rank: int


def markdown(review: Review, *, limit: int = LIMIT) -> str:
    """At most ``limit`` characters; what did not fit is named at the end."""
    blocks = (
        Block(name="the table of stacks", text=_head(review), rank=0),
        *(block for stack in review.stacks for block in _stack_blocks(stack)),
        *_file_blocks(review.stacks),
    )
    room, kept = limit - RESERVE, set[int]()
    for index in sorted(range(len(blocks)), key=lambda index: blocks[index].rank):
        if len(blocks[index].text) + 2 <= room:
            room -= len(blocks[index].text) + 2
            kept.add(index)
    left_out = [block.name for index, block in enumerate(blocks) if index not in kept]
    text = "\n\n".join(block.text for index, block in enumerate(blocks) if index in kept)
    return text + _left_out(left_out) + "\n"


def _left_out(names: Sequence[str]) -> str:
    if not names:
        return ""
    listed = "; ".join(prose(name[:80]) for name in names[:4])
    more = f"; and {len(names) - 4} more" if len(names) > 4 else ""
    return f"\n\n_Left out, for length: {listed}{more}. The page of `--html` has all of it._"


def _head(review: Review) -> str:
    source = f"{code(review.base)} → {code(review.head)}" if review.head else code(review.base)
    lines = [f"## {prose(words.title(review))}", "", source]
    if len(review.stacks) > 0:
        lines += ["", "| stack | risk | resources | USD per month | change |", "|---|---|---|---|---|"]
        lines += [_stack_row(stack) for stack in review.stacks[:LISTED]]
        if len(review.stacks) > LISTED:
            lines.append(f"| and {len(review.stacks) - LISTED} more | | | | |")
    return "\n".join(lines)


def _stack_row(stack: StackReview) -> str:
    before, after = map(words.money, stack.monthly_usd)
    cost = after if before == after else f"{before} → {after}"
    risk = f"**{stack.risk}**" if stack.risk in (Risk.HIGH, Risk.MEDIUM) else str(stack.risk)
    shown = (code(stack.stack), risk, words.outcome(stack), cost, words.money_change(stack))
    return "| " + " | ".join(map(cell, shown)) + " |"


def _stack_blocks(stack: StackReview) -> Iterable[Block]:
    """In the order in which they are shown; what is shortest and says most has the lowest rank."""
    name = stack.stack
    if not words.is_told(stack):
        return
    yield Block(name=f"the consequences for {name}", text=_consequences(stack), rank=1)
    if stack.plan:
        yield Block(name=f"the plan of {name}", text=_plan(stack.plan), rank=2)
    if stack.new_violations or stack.gone_violations:
        yield Block(name=f"the policies of {name}", text=_policies(stack), rank=3)
    if stack.changes:
        head = f"Resources of {name}: {words.counts(stack.changes)}"
        yield Block(name=f"the properties of {name}", text=_folded(head, tree_lines(stack.changes)), rank=5)


def _file_blocks(stacks: Sequence[StackReview]) -> Iterable[Block]:
    """A difference that several stacks share stands once. Of a stack that comes or goes every file does."""
    shared: dict[FileChange, list[str]] = {}
    for stack in stacks:
        if not any(each.id in WHOLE for each in stack.consequences):
            for file in stack.files:
                shared.setdefault(file, []).append(stack.stack)
    for file, names in shared.items():
        lines = fence(file.diff[:DIFF_LINES], language="diff")
        if len(file.diff) > DIFF_LINES:
            lines = [*lines, f"{len(file.diff) - DIFF_LINES:,} more lines of the difference are left out."]
        where = f"{file.path} on the hosts of {', '.join(names)}"
        yield Block(name=where, text=_folded(where, lines), rank=6)


def _consequences(stack: StackReview) -> str:
    lines = [f"### {prose(stack.stack)}: {words.risk_words(stack.risk)}", ""]
    lines += [f"- {prose(problem)}" for problem in stack.problems[:LISTED]]
    ordered = sorted(stack.consequences, key=lambda item: GRAVEST_FIRST.index(item.risk))
    lines += [f"- {_label(item.risk)}{prose(item.text)}" for item in ordered[:LISTED]]
    if len(ordered) > LISTED:
        lines.append(f"- and {len(ordered) - LISTED} more")
    if not ordered and not stack.problems:
        lines.append(words.without_consequences(stack))
    lines += [f"- Note: {prose(note)}" for note in stack.notes[:LISTED]]
    return "\n".join(lines)


def _label(risk: Risk) -> str:
    return "" if risk is Risk.NONE else f"**{risk}**: "


def _plan(plan: Sequence[PlanChange]) -> str:
    rows = [f"| {cell(prose(item.what))} | {_value(item.before)} | {_value(item.after)} |" for item in plan[:LISTED]]
    more = [f"| and {len(plan) - LISTED} more | | |"] if len(plan) > LISTED else []
    return "\n".join(["| plan | before | after |", "|---|---|---|", *rows, *more])


def _value(value: object) -> str:
    return "-" if value is None else cell(code(value))


def _policies(stack: StackReview) -> str:
    return "\n".join(
        f"- {said}: {prose(level)} policy {code(rule)}: {prose(message)}"
        for said, violations in (("New", stack.new_violations), ("Resolved", stack.gone_violations))
        for level, rule, message in map(words.policy_words, violations[:LISTED])
    )


def _folded(head: str, lines: Iterable[str]) -> str:
    """HTML that GitHub folds; the empty lines make what is inside Markdown again."""
    return "\n".join([f"<details><summary>{prose(head, html=True)}</summary>", "", *lines, "", "</details>"])
