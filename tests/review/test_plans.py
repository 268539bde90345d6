"""The plan's changes in words, flag by flag."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from review.files import file_changes
from review.model import PlanChange
from review.plans import WORDS, flags_of, plan_changes
from review.violations import violation_changes
from sizing.plan import Timers


def plan(*arguments: str, **more: Any) -> dict[str, Any]:
    return {"instance_type": "g6.xlarge", "replicas": {"min": 1, "max": 1}, "vllm_args": ["m/m", *arguments], **more}


def test_flags_are_told_one_by_one() -> None:
    before = plan("--seed", "7", "--enforce-eager", "--served-model-name", "a", "b")
    after = plan("--max-model-len", "8192", "--served-model-name", "a", "c", "--seed=8")
    assert plan_changes(before, after) == (
        PlanChange(what="--enforce-eager", before="", after=None),
        PlanChange(what="--max-model-len", before=None, after="8192"),
        PlanChange(what="--seed", before="7", after="8"),
        PlanChange(what="--served-model-name", before=("a", "b"), after=("a", "c")),
    )


def test_repeated_flags_keep_all_their_values() -> None:
    assert flags_of(["--a", "1", "--a", "2", "--b"]) == {"--a": ("1", "2"), "--b": ""}


def test_the_rest_is_told_in_words() -> None:
    before, after = plan(), plan(instance_type="g6.2xlarge", replicas={"min": 2, "max": 3})
    assert [(each.what, each.before, each.after) for each in plan_changes(before, after)] == [
        ("instance type", "g6.xlarge", "g6.2xlarge"),
        ("replicas, at least", 1, 2),
        ("replicas, at most", 1, 3),
    ]


def test_every_timer_has_its_words() -> None:
    assert {f"timers.{field.name}" for field in fields(Timers)} <= set(WORDS)


def test_files_are_compared_line_by_line() -> None:
    changed = file_changes({"/a": "1\n2\n", "/b": "x\n", "/same": "s\n"}, {"/a": "1\n3\n", "/c": "y\n", "/same": "s\n"})
    assert {each.path: each.diff for each in changed} == {
        "/a": ("--- /a", "+++ /a", "@@ -1,2 +1,2 @@", " 1", "-2", "+3"),
        "/b": ("--- /b", "+++ /dev/null", "@@ -1 +0,0 @@", "-x"),
        "/c": ("--- /dev/null", "+++ /c", "@@ -0,0 +1 @@", "+y"),
    }


def test_policy_findings_are_new_or_gone() -> None:
    first, second = {"rule": "a", "urn": "u"}, {"rule": "b", "urn": "u"}
    assert violation_changes([first], [second, first]) == ((second,), ())
    assert violation_changes([first, second], [second]) == ((), (first,))
