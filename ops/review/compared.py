"""Both revisions of each stack computed, and compared."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace

from ops.review.computed import Computed, compute
from ops.review.git import Checkout
from review.compare import review_stack
from review.model import Review, Risk, StackReview
from review.replacement import ReplacementTable

MOST_AT_A_TIME = 8


def compared(
    base: Checkout, head: Checkout, *, stacks: Sequence[str], table: ReplacementTable, say: Callable[[str], None]
) -> Review:
    """``say`` hears how far it is."""
    wanted = [(checkout, stack) for stack in stacks for checkout in (base, head) if stack in checkout.stacks]
    found: dict[tuple[str, str], Computed] = {}
    with ThreadPoolExecutor(max_workers=min(MOST_AT_A_TIME, os.cpu_count() or 1)) as pool:
        running = {
            pool.submit(compute, stack, root=checkout.root): (str(checkout.root), stack) for checkout, stack in wanted
        }
        try:
            for count, future in enumerate(as_completed(running), start=1):
                found[running[future]] = future.result()
                say(f"{count} of {len(wanted)}")
        except BaseException:  # also Ctrl-C: what has not begun never does
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return Review(
        base=base.label,
        head=head.label,
        provider=table.provider,
        stacks=tuple(
            _stack_review(
                stack,
                base=(base.label, found.get((str(base.root), stack))),
                head=(head.label, found.get((str(head.root), stack))),
                table=table,
            )
            for stack in stacks
        ),
    )


def _stack_review(
    stack: str, *, base: tuple[str, Computed | None], head: tuple[str, Computed | None], table: ReplacementTable
) -> StackReview:
    (_, before), (_, after) = base, head
    problems = _said(base, "problems") + _said(head, "problems")
    notes = _said(base, "notes") + _said(head, "notes")
    if problems:
        broken = after is not None and after.problems
        return StackReview(stack=stack, risk=Risk.HIGH if broken else Risk.MEDIUM, problems=problems, notes=notes)
    review = review_stack(
        before.revision if before else None, after.revision if after else None, table=table, stack=stack
    )
    return replace(review, notes=(*review.notes, *notes))


def _said(side: tuple[str, Computed | None], kind: str) -> tuple[str, ...]:
    label, computed = side
    return () if computed is None else tuple(f"In {label}: {text}" for text in getattr(computed, kind))
