"""Generated stack files: what is drawn, and for some of them what comes of it; ``test_*_thousand`` has the many."""

from __future__ import annotations

import re
from functools import cache

import pytest
import yaml
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from config.errors import Problem
from config.namespaces import SECTIONS
from config.parse import parse
from config.report import as_json
from tests.fuzz import fields, wild
from tests.fuzz.generated import judged
from tests.fuzz.judge import check
from tests.fuzz.program import KEY_IN_USE, Outcome, Workplace
from tests.fuzz.stack_files import NO_NAMES, StackFile, placed, rendered, stack_files

DRAWN = 400
GOOD = {"aws:region": "us-east-1", "vllm:model": "Qwen/Qwen3-0.6B"}


@cache
def drawn() -> tuple[StackFile, ...]:
    files: list[StackFile] = []

    @seed(0)
    @settings(max_examples=DRAWN, database=None, suppress_health_check=list(HealthCheck))
    @given(file=stack_files())
    def draw(file: StackFile) -> None:
        files.append(file)

    draw()
    return tuple(files)


def test_some_are_graphs_that_pass_or_reports(place: Workplace) -> None:
    seen = judged(place, number=60, chosen=0)
    assert seen.total() == 60
    assert min(seen[0], seen[2]) > 10


def test_they_differ() -> None:
    assert len({file.text for file in drawn()}) > 0.75 * DRAWN


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_drawn(section: str) -> None:
    assert any(re.search(rf"^  vllm:{section}: *\S*", file.text, flags=re.MULTILINE) for file in drawn())


def test_most_keys_are_drawn() -> None:
    """All are in the thousands; here in some hundreds."""
    names = {key.path[-1] for key in fields.all_keys()}
    everything = "\n".join(file.text for file in drawn())
    missing = {name for name in names if not re.search(rf'\b{name}\\?"?:', everything)}
    assert len(missing) < 0.2 * len(names), missing


def test_secrets_are_drawn_and_stand_in_the_file() -> None:
    with_secrets = [file for file in drawn() if file.secrets]
    assert len(with_secrets) > 0.05 * DRAWN
    assert all(secret in file.text for file in with_secrets for secret in file.secrets)


@pytest.mark.parametrize("key", fields.all_keys(), ids=lambda key: key.name)
def test_good_values_of_a_key_are_not_all_refused_for_their_type(key: fields.Key) -> None:
    """Rules between keys may refuse each; that a value has the wrong shape would be a slip here."""

    def is_at_fault(value: object) -> bool:
        raw = placed(GOOD, path=key.path, value=value)
        return any("must be" in problem.message for problem in parse(stack="fuzz", raw=raw).problems)

    values: list[object] = []

    @seed(0)
    @settings(max_examples=10, database=None)
    @given(value=fields.good(key))
    def draw(value: object) -> None:
        values.append(value)

    draw()
    assert not all(map(is_at_fault, values)), values


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_is_none_is_a_report(place: Workplace, name: str) -> None:
    assert place.run("graph", f"--stack={name}", "--json").status == 2


def outcome(*, status: int = 2, stdout: str = "", stderr: str = "") -> Outcome:
    return Outcome(status=status, stdout=stdout, stderr=stderr)


REPORT = as_json([Problem(path="a", given="b", allowed="c", example="d", message="e")])


@pytest.mark.parametrize(
    "bad",
    [
        outcome(stdout=REPORT, stderr="the key is s3cr3t"),
        outcome(stdout=REPORT, stderr=KEY_IN_USE),
        outcome(stdout=REPORT, stderr="Traceback (most recent call last)"),
        outcome(stdout=REPORT.replace('"e"', '""')),
        outcome(stdout='{"errors": []}'),
        outcome(stdout=REPORT, status=1),
        outcome(stdout="[]", status=0),
        outcome(stdout='[{"urn": "a", "type": "t"}, {"urn": "a", "type": "t"}]', status=0),
    ],
    ids=["secret", "key-in-use", "traceback", "silent", "no-problem", "status", "empty", "twice"],
)
def test_the_judge_sees_what_must_not_be(bad: Outcome) -> None:
    file = StackFile(stack="fuzz", text="", secrets=("s3cr3t",))
    check(file, outcome(stdout=REPORT))
    with pytest.raises(AssertionError):
        check(file, bad)


def test_a_graph_that_breaks_a_policy_is_seen(place: Workplace) -> None:
    good = place.graph(StackFile(stack="fuzz", text=rendered(GOOD)))
    check(StackFile(stack="fuzz", text=""), good)
    bad = outcome(status=0, stdout=good.stdout.replace('"httpTokens": "required"', '"httpTokens": "optional"'))
    with pytest.raises(AssertionError, match="metadata"):
        check(StackFile(stack="fuzz", text=""), bad)


@given(value=wild.values(), key=st.sampled_from(fields.all_keys()))
@settings(max_examples=300)
def test_what_is_rendered_is_what_was_meant(value: object, key: fields.Key) -> None:
    if "Raw(" in repr(value):
        return
    config = placed(GOOD, path=key.path, value=value)
    assert repr(yaml.safe_load(rendered(config))) == repr({"config": config})
