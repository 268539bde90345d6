"""A review as one page of its own: nothing is fetched, nothing runs, and what others wrote is only shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from review import words
from review.model import FileChange, PlanChange, Review, Risk, StackReview
from review.page_text import badge, code, diff, escape, sentence
from review.page_tree import tree

STYLE = Path(__file__).with_name("page.css")
SHORT_DIFF = 60
"""Lines of a file's difference that stand open."""
GRAVEST_FIRST = tuple(reversed(Risk))
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def page(review: Review) -> str:
    """The whole document."""
    title = escape(words.title(review))
    stacks = "\n".join(_stack(stack, number) for number, stack in enumerate(review.stacks) if words.is_told(stack))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<header>
<h1 class="{review.risk}">{title}</h1>
<p class="quiet">{_source(review)}</p>
</header>
<main>
{_overview(review.stacks)}
{stacks}
</main>
<footer><p>{_footer(review)}</p></footer>
</body>
</html>
"""


def _source(review: Review) -> str:
    return f"{code(review.base)} → {code(review.head)}" if review.head else code(review.base)


def _footer(review: Review) -> str:
    known = f"What replaces a resource is as seen in plans of the provider {code(review.provider)}. "
    return (known if review.provider else "") + f"Values that only an update knows are {code('[unknown]')}."


def _overview(stacks: Sequence[StackReview]) -> str:
    if not stacks:
        return "<p>There is no stack file.</p>"
    rows = "\n".join(_row(stack, number) for number, stack in enumerate(stacks))
    head = "".join(f'<th scope="col">{name}</th>' for name in ("stack", "risk", "resources", "USD per month", "change"))
    return f'<table class="wide"><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>'


def _row(stack: StackReview, number: int) -> str:
    before, after = map(words.money, stack.monthly_usd)
    cost = after if before == after else f"{before} → {after}"
    name = escape(stack.stack)
    name = f'<a href="#stack-{number}">{name}</a>' if words.is_told(stack) else name
    return (
        f'<tr><th scope="row">{name}</th><td>{badge(stack.risk)}</td>'
        f'<td data-label="resources">{escape(words.outcome(stack))}</td>'
        f'<td data-label="USD per month">{cost}</td>'
        f'<td data-label="change">{words.money_change(stack)}</td></tr>'
    )


def _stack(stack: StackReview, number: int) -> str:
    parts = (
        f'<div class="title"><h2>{escape(stack.stack)}</h2>{badge(stack.risk)}</div>',
        _consequences(stack),
        _plan(stack.plan),
        _policies(stack),
        _resources(stack),
        _files(stack.files),
    )
    inside = "\n".join(part for part in parts if part)
    return f'<section class="stack" id="stack-{number}" aria-label="{escape(stack.stack)}">\n{inside}\n</section>'


def _consequences(stack: StackReview) -> str:
    ordered = sorted(stack.consequences, key=lambda item: GRAVEST_FIRST.index(item.risk))
    lines = [(badge(item.risk, short=item.risk is not Risk.NONE), sentence(item.text)) for item in ordered]
    problem, note = '<span class="badge high">problem</span>', '<span class="badge quiet">note</span>'
    lines = [*((problem, sentence(text)) for text in stack.problems), *lines]
    lines += [(note, sentence(text)) for text in stack.notes]
    if not lines:
        return f"<p>{escape(words.without_consequences(stack))}</p>"
    items = "\n".join(f"<li>{mark}<span>{text}</span></li>" for mark, text in lines)
    return f'<ul class="consequences">\n{items}\n</ul>'


def _plan(plan: Sequence[PlanChange]) -> str:
    if not plan:
        return ""
    rows = "\n".join(
        f'<tr><th scope="row">{escape(item.what)}</th><td data-label="before">{_value(item.before, "old")}</td>'
        f'<td data-label="after">{_value(item.after, "new")}</td></tr>'
        for item in plan
    )
    head = '<thead><tr><th scope="col">plan</th><th scope="col">before</th><th scope="col">after</th></tr></thead>'
    return f'<h3>Plan</h3>\n<table class="wide plan">{head}\n<tbody>\n{rows}\n</tbody></table>'


def _value(value: object, look: str) -> str:
    return "-" if value is None else code(value, look=look)


def _policies(stack: StackReview) -> str:
    found = (("new", stack.new_violations), ("resolved", stack.gone_violations))
    items = [
        f"<li>{said}: {escape(level)} policy {code(rule)}: {sentence(message)}</li>"
        for said, violations in found
        for level, rule, message in map(words.policy_words, violations)
    ]
    return "" if not items else "<h3>Policies</h3>\n<ul>\n" + "\n".join(items) + "\n</ul>"


def _resources(stack: StackReview) -> str:
    if not stack.changes:
        return ""
    return f"<h3>Resources: {escape(words.counts(stack.changes))}</h3>\n{tree(stack.changes)}"


def _files(files: Iterable[FileChange]) -> str:
    shown = [
        f"<details{' open' if len(file.diff) <= SHORT_DIFF else ''}><summary>{code(file.path)}</summary>"
        f"{diff(file.diff)}</details>"
        for file in files
    ]
    return "" if not shown else '<h3>Files on the hosts</h3>\n<div class="files">\n' + "\n".join(shown) + "\n</div>"
