"""What a review says of each row of the table of changes, property by property, against the real engine's preview."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

import pytest

from review.compare import review_stack
from review.model import Forces, Op, StackReview
from review.replacement import load_table
from tests.e2e.change import Change
from tests.e2e.changes import CHANGES
from tests.e2e.life import Life
from tests.e2e.lives import Lives
from tests.e2e.previews import REPLACING, Preview, what
from tests.review import recorded

pytestmark = pytest.mark.e2e

STATE_REFUSES = re.compile(r'(?P<urn>urn:[^"]+)" (?:cannot be deleted|as it is currently marked)')
"""The engine's words. What else is refused, the account refuses, which no revision knows."""
INDEX = re.compile(r"\[[^\]]*\]")
HIDDEN_BY_THE_PROVIDER = {"https-dropped": ["update Listener vllm: defaultActions.redirect"]}
"""By row: what the program takes away and a preview does not name. The provider keeps silent about the settings of an
action's former type."""
ROWS = [change for change in CHANGES if not change.refused_for]
REFUSED = [change for change in CHANGES if change.refused_for]

Touched = Mapping[tuple[str, str], frozenset[str]]
"""Operation and resource -> paths of the properties that change, without indices."""


@pytest.fixture(scope="module")
def life(lives: Lives) -> Life:
    return lives.of("prod")


@pytest.fixture(params=ROWS, ids=lambda change: change.name)
def change(request: pytest.FixtureRequest) -> Change:
    row: Change = request.param
    return row


@pytest.fixture
def preview(life: Life, change: Change) -> Preview:
    return life.previews[change.name]


@pytest.fixture
def review(change: Change) -> StackReview:
    return reviewed(change)


def test_it_names_the_same_resources_and_of_each_the_same_properties(preview: Preview, review: StackReview) -> None:
    engine, ours = of_the_engine(preview), of_the_review(review)
    assert {key: _tops(paths) for key, paths in ours.items()} == {key: _tops(paths) for key, paths in engine.items()}


def test_inside_a_property_it_names_the_same_place(change: Change, preview: Preview, review: StackReview) -> None:
    engine, ours = of_the_engine(preview), of_the_review(review)
    assert _without_counterpart(engine, ours) == []
    assert _without_counterpart(ours, engine) == HIDDEN_BY_THE_PROVIDER.get(change.name, [])


def test_what_forces_a_replacement_is_the_same(preview: Preview, review: StackReview) -> None:
    engine = {what(step.type, step.name): _tops(step.replacing) for step in preview.steps if step.replacing}
    ours = {
        what(each.type, each.name): {changed.name for changed in each.properties if changed.forces is Forces.YES}
        for each in review.changes
        if each.op is Op.REPLACE
    }
    assert ours == engine


def test_nothing_is_left_open(review: StackReview) -> None:
    assert [each.name for each in review.changes if each.op is Op.MAY_REPLACE] == []


@pytest.mark.parametrize("refused", REFUSED, ids=lambda change: change.name)
def test_what_the_engine_refuses_for_its_state_is_called_refused(life: Life, refused: Change) -> None:
    found = STATE_REFUSES.search(life.previews[refused.name].refusal)
    if found is not None:
        assert found["urn"] in {each.urn for each in reviewed(refused).changes if each.refused}


def reviewed(change: Change) -> StackReview:
    return review_stack(recorded.before(), recorded.after(change.name), table=load_table())


def of_the_engine(preview: Preview) -> Touched:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for step in preview.steps:
        op = "replace" if step.op in REPLACING else step.op
        found[op, what(step.type, step.name)] |= _plain(step.changed if op in ("replace", "update") else ())
    return {key: frozenset(paths) for key, paths in found.items()}


def of_the_review(review: StackReview) -> Touched:
    """What only an alias keeps is the same to the engine."""
    return {
        (each.op.value, what(each.type, each.name)): _plain(changed.path for changed in each.properties)
        for each in review.changes
        if each.op is not Op.RENAME
    }


def _plain(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(INDEX.sub("", path) for path in paths)


def _tops(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(path.partition(".")[0] for path in _plain(paths))


def _without_counterpart(these: Touched, those: Touched) -> list[str]:
    return sorted(
        f"{' '.join(key)}: {path}"
        for key in these.keys() & those.keys()
        for path in these[key]
        if not any(_same_place(path, other) for other in those[key])
    )


def _same_place(one: str, other: str) -> bool:
    """Or one is inside the other: sets are one place to the provider."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
