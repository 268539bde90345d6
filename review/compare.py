"""Two revisions of a stack, compared."""

from __future__ import annotations

from review.consequences import consequences_of
from review.files import file_changes
from review.model import Revision, Risk, StackReview
from review.plans import plan_changes
from review.replacement import ReplacementTable
from review.resources import resource_changes
from review.violations import violation_changes

EMPTY = Revision(graph=(), plan={}, files={}, violations=())


def review_stack(
    before: Revision | None, after: Revision | None, *, table: ReplacementTable, stack: str = ""
) -> StackReview:
    """What happens to a stack from one revision to the next; None: it is not there. ``stack``: its name, where the plan
    should not say it."""
    old, new = before or EMPTY, after or EMPTY
    changes = resource_changes(old.graph, new.graph, table=table)
    if after is None:  # nothing happens before a destroy, and then what is protected stays
        changes = tuple(change for change in changes if not change.refused)
    plan = plan_changes(old.plan, new.plan) if old.plan and new.plan else ()
    consequences = consequences_of(before, after, changes=changes)
    new_violations, gone_violations = violation_changes(old.violations, new.violations)
    order = list(Risk)
    return StackReview(
        stack=stack or str(new.plan.get("stack") or old.plan.get("stack") or ""),
        risk=max((each.risk for each in consequences), key=order.index, default=Risk.NONE),
        changes=changes,
        plan=plan,
        monthly_usd=(_monthly(before), _monthly(after)),
        consequences=consequences,
        new_violations=new_violations,
        gone_violations=gone_violations,
        files=file_changes(old.files, new.files),
    )


def _monthly(revision: Revision | None) -> float | None:
    cost = revision.plan.get("cost") if revision is not None else None
    return float(cost["monthly_usd"]) if cost else None
