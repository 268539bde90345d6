"""What a review says of each row of the table of changes, against what the row says the real engine previews."""

from __future__ import annotations

import re

import pytest

from rehearsal.engine.stack import Held
from review.compare import review_stack
from review.model import Op, Risk, StackReview
from review.replacement import load_table
from tests.e2e.change import Change
from tests.e2e.previews import Touched, expected, what
from tests.review import recorded

FAST = (
    "ami-other",
    "flag",
    "https-dropped",
    "key-given",
    "public",
    "renamed",
    "replicas-fewer",
    "snapshot",
    "tag-added",
    "zone-added",
)
"""Those that differ most."""
OF_THE_STATE = re.compile(r'(?P<type>\w+)::(?P<name>[\w-]+)" (?:cannot be deleted|as it is currently marked)')
"""A refusal of the engine's. Others come from what the account offers, which no revision says."""
COMPARED = [
    change for change in recorded.ROWS.values() if not change.refused_for or OF_THE_STATE.search(change.refused_for)
]


@pytest.fixture(
    params=[change if change.name in FAST else pytest.param(change, marks=pytest.mark.e2e) for change in COMPARED],
    ids=[change.name for change in COMPARED],
)
def change(request: pytest.FixtureRequest) -> Change:
    row: Change = request.param
    return row


@pytest.fixture
def review(change: Change) -> StackReview:
    return review_stack(recorded.before(), recorded.after(change.name), table=load_table())


def test_a_review_names_exactly_what_a_preview_does(change: Change, review: StackReview) -> None:
    refused = {what(each.type, each.name) for each in review.changes if each.refused}
    if not change.refused_for:
        assert not refused
        assert touched(review) == expected(change, state=held())
        return
    found = OF_THE_STATE.search(change.refused_for)
    assert found is not None
    assert f"{found['type']} {found['name']}" in refused
    assert review.risk is Risk.HIGH


def test_hosts_roll_exactly_where_their_template_gets_a_new_version(change: Change, review: StackReview) -> None:
    if change.refused_for:
        return
    versions = [
        touch
        for touch in change.touched
        if touch.what == "LaunchTemplate vllm-host" and set(touch.properties) != {"tags"}
    ]
    assert ("hosts-roll" in {each.id for each in review.consequences}) == bool(versions)


def test_every_change_has_its_sentence(change: Change, review: StackReview) -> None:
    assert bool(review.consequences) or not review.changes
    assert all(each.text.endswith((".", ")")) and "None" not in each.text for each in review.consequences)


def test_nothing_changes_between_a_revision_and_itself() -> None:
    same = review_stack(recorded.before(), recorded.before(), table=load_table())
    assert (same.changes, same.plan, same.consequences, same.risk) == ((), (), (), Risk.NONE)


def touched(review: StackReview) -> Touched:
    """As the table of changes writes it."""
    return {
        (each.op.value, what(each.type, each.name)): tuple(sorted({changed.name for changed in each.properties}))
        if each.op in (Op.UPDATE, Op.MAY_REPLACE)
        else ()
        for each in review.changes
        if each.op is not Op.RENAME
    }


def held() -> list[Held]:
    """What the engine has of the stack, so far as rows ask for it."""
    return [
        Held(
            urn=resource["urn"],
            type=resource["type"],
            id="",
            protect=resource["protect"],
            outputs=resource["inputs"],
        )
        for resource in recorded.before().graph
        if resource["custom"]
    ]
