"""A review of what `pulumi preview --json` printed: the engine's own steps, with the values that it shows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from config.errors import ConfigError, Problem
from ops.review.computed import LAUNCH_TEMPLATE, written_by
from ops.review.steps import STACK_TYPE, Step, changes_of, step_of
from review.consequences import consequences_of
from review.files import file_changes
from review.model import Review, Revision, Risk, StackReview
from review.plans import at, plan_changes
from review.values import decoded

EXAMPLE = "pulumi preview --stack dev --json > preview.json"
NO_PLAN = "a preview does not show the plan that it leads to: cost and flags are compared by a review of two revisions"


def read_preview(file: Path) -> Mapping[str, Any]:
    """The document of the file, ``-`` for stdin. ConfigError where it is no preview."""
    try:
        document = json.loads(sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8"))
    except OSError as error:
        raise _refused(file, f"it cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise _refused(file, f"it is not one JSON document: {error}") from error
    steps = document.get("steps") if isinstance(document, dict) else None
    if not isinstance(steps, list) or not steps or not all(map(_is_step, steps)):
        raise _refused(file, "it has no steps, or such as no preview has")
    return dict(document)


def _is_step(entry: object) -> bool:
    if not isinstance(entry, dict) or str(entry.get("urn")).count("::") < 3:
        return False
    states = [entry.get(key) for key in ("oldState", "newState")]
    return all(state is None or (isinstance(state, dict) and "urn" in state and "type" in state) for state in states)


def review_of(document: Mapping[str, Any], *, name: str) -> Review:
    """Of the one stack that a preview is of."""
    steps = [step_of(entry) for entry in document["steps"]]
    before = _revision(step.old for step in steps if step.old)
    after = _revision(step.new for step in steps if step.new)
    return Review(base=name, head="", provider="", stacks=(_stack_review(steps, before=before, after=after),))


def _stack_review(steps: list[Step], *, before: Revision, after: Revision) -> StackReview:
    changes = changes_of(steps)
    plan = plan_changes(before.plan, after.plan) if before.plan and after.plan else ()
    old, new = before if before.graph else None, after if after.graph else None
    consequences = consequences_of(old, new, changes=changes)
    order = list(Risk)
    return StackReview(
        stack=steps[0].urn.split("::")[0].rpartition(":")[2],
        risk=max((each.risk for each in consequences), key=order.index, default=Risk.NONE),
        changes=changes,
        plan=plan,
        monthly_usd=(at(before.plan, "cost.monthly_usd"), at(after.plan, "cost.monthly_usd")),
        consequences=consequences,
        files=file_changes(before.files, after.files) if before.files and after.files else (),
        notes=() if after.plan else (NO_PLAN,),
    )


def _revision(states: Iterable[Mapping[str, Any]]) -> Revision:
    """What is known of it: the plan is an output of the stack, the files are in the user data."""
    graph = tuple(states)
    plans = [state["outputs"].get("plan") for state in graph if state["type"] == STACK_TYPE]
    texts = [str(state["inputs"].get("userData", "")) for state in graph if state["type"] == LAUNCH_TEMPLATE]
    return Revision(
        graph=graph,
        plan=next((plan for plan in plans if isinstance(plan, Mapping)), {}),
        files={path: text for user_data in texts for path, text in _files(user_data).items()},
        violations=(),
    )


def _files(user_data: str) -> Mapping[str, str]:
    text = decoded(user_data)
    return written_by(text) if text.startswith("#cloud-config") else {}


def _refused(file: Path, message: str) -> ConfigError:
    return ConfigError(
        [
            Problem(
                path="--preview",
                given=str(file),
                allowed="what `pulumi preview --stack NAME --json` prints",
                example=EXAMPLE,
                message=message,
            )
        ]
    )
