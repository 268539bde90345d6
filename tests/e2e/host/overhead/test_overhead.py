"""What our own steps add to a boot: all but the image, the weights and vLLM itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.lives import First, first
from tests.e2e.host.plays import Plays

pytestmark = pytest.mark.e2e
PLAYS = (first,)
NOT_OURS = ("image", "model-files", "vllm")
WAITED = ("secrets",)  # for the key that this life gets late
BUDGET_S = 10.0  # on a machine of two cores that does nothing else
CLI_S = 0.5  # what a start of the AWS CLI takes there


@pytest.fixture
def life(plays: Plays) -> First:
    return plays.of(first)


def test_our_own_steps_stay_within_the_budget(life: First, seen: Callable[[str], None]) -> None:
    steps = {step["step"]: float(step["duration_s"]) for step in life.serving.report["steps"]}
    own = {name: s for name, s in steps.items() if name not in (*NOT_OURS, *WAITED)}
    budget_s = BUDGET_S * max(1.0, life.cli_s / CLI_S)  # other tests may run beside this boot
    seen(
        f"own steps {sum(own.values()):.1f} s of {budget_s:.0f} s: " + ", ".join(f"{n} {s:.1f}" for n, s in own.items())
    )
    assert sum(own.values()) <= budget_s


def test_the_report_has_plan_and_steps(life: First) -> None:
    report = life.serving.report
    assert report["stack"] == "dev"
    assert report["instance_id"] == life.instance_id
    assert report["planned_s"] == dict(life.plan.cold_start.phases)
    assert [step["step"] for step in report["steps"][:2]] == ["instance-type", "cache-slot"]
    assert report["total_s"] >= sum(step["duration_s"] for step in report["steps"]) * 0.9


def test_the_durations_are_metrics(life: First) -> None:
    assert {"BootSeconds", "BootStepSeconds"} <= set(life.serving.metrics)
