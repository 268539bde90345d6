"""What is decided but does not work yet is refused, with a word on what does."""

from __future__ import annotations

import pytest

from config.parse import parse
from config.pending import PENDING

GOOD = {"aws:region": "us-east-1", "vllm:model": "a/b"}

NOT_YET: list[tuple[dict[str, object], str, str]] = [
    ({"vllm:compute": {"capacity": [{"market": "spot"}]}}, "vllm:compute.capacity", "on-demand"),
    ({"vllm:scaling": {"min": 0}}, "vllm:scaling.min", "at least one replica"),
    ({"vllm:scaling": {"signal": "waiting"}}, "vllm:scaling.signal", "scaling.min"),
    ({"vllm:scaling": {"target": 5}}, "vllm:scaling.target", "scaling.min"),
    ({"vllm:scaling": {"schedules": []}}, "vllm:scaling.schedules", "scaling.min"),
    ({"vllm:scaling": {"strategy": "predictive"}}, "vllm:scaling.strategy", "scaling.min"),
]


@pytest.mark.parametrize(("changes", "path", "today"), NOT_YET, ids=[row[1] for row in NOT_YET])
def test_what_does_not_work_yet_is_refused_with_what_does(changes: dict[str, object], path: str, today: str) -> None:
    (problem,) = parse(stack="dev", raw={**GOOD, **changes}).problems
    assert problem.path == path
    assert "does not work yet" in problem.message
    assert today in problem.message
    assert problem.example


def test_each_pending_key_has_a_row_here() -> None:
    assert {path for _, path, _ in NOT_YET} == {"vllm:" + ".".join(map(str, p.path)) for p in PENDING}


def test_the_empty_sections_that_pulumi_fills_in_are_no_use_of_them() -> None:
    sections = ("serving", "compute", "cache", "network", "endpoint", "scaling", "monitoring", "budget", "image")
    empty = {f"vllm:{name}": "{}" for name in sections}
    assert parse(stack="dev", raw={**GOOD, **empty}).problems == ()
