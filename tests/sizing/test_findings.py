"""Each finding appears where its cause is, and not where it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from config.models import StackConfig
from sizing.findings import about_cost, about_time
from sizing.plan import Cost, Plan
from sizing.planner import make_plan
from sizing.speed import Speed

ConfigOf = Callable[..., StackConfig]

PINNED: dict[str, Any] = {
    "model": {"id": "Qwen/Qwen3-8B", "revision": "0" * 40},
    "compute": {"amiId": "ami-0123456789abcdef0"},
    "network": {"zones": ("us-east-1a", "us-east-1b")},
    "image": {"digest": "sha256:" + "0" * 64},
    "serving": {"maxModelLen": 4096, "typicalTokens": 96},
    "endpoint": {
        "domain": "llm.example.org",
        "certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef",
    },
}


LOAD = {"typical-tokens-not-set", "fp8-cache-would-hold-more"}  # where the configuration says little of the load


def ids(plan: Plan) -> set[str]:
    return {finding.id for finding in plan.findings} - LOAD


def test_a_pinned_stack_has_no_findings(config_of: ConfigOf) -> None:
    assert make_plan(config_of(**PINNED)).findings == ()


@pytest.mark.parametrize(
    ("section", "ident"),
    [
        ("compute", "unpinned-ami"),
        ("network", "unpinned-zones"),
        ("image", "unpinned-image-digest"),
        ("serving", "default-max-model-len"),
        ("endpoint", "http-only"),
    ],
)
def test_leaving_one_out_is_said(config_of: ConfigOf, section: str, ident: str) -> None:
    without = {name: value for name, value in PINNED.items() if name != section}
    plan = make_plan(config_of(**without))
    assert ids(plan) == {ident}
    assert {finding.level for finding in plan.findings if finding.id == ident} == {"INFO"}


def test_an_unpinned_revision_is_said(config_of: ConfigOf) -> None:
    assert ids(make_plan(config_of(**(PINNED | {"model": "Qwen/Qwen3-8B"})))) == {"unpinned-revision"}


def test_a_gated_model_is_said(config_of: ConfigOf) -> None:
    gated = PINNED | {"model": {"id": "meta-llama/Llama-3.1-8B-Instruct", "revision": "0" * 40}}
    assert ids(make_plan(config_of(**gated))) == {"gated-model"}


def test_prices_of_another_region_are_a_warning(config_of: ConfigOf) -> None:
    elsewhere = PINNED | {"network": {"zones": ("eu-west-1a", "eu-west-1b")}}
    (finding,) = make_plan(config_of(region="eu-west-1", **elsewhere)).findings
    assert (finding.level, finding.id) == ("WARNING", "prices-of-another-region")
    assert "us-east-1" in finding.message


def test_flags_of_another_version_are_a_warning(config_of: ConfigOf) -> None:
    (finding,) = make_plan(config_of(**(PINNED | {"image": {**PINNED["image"], "tag": "v0.31.0"}}))).findings
    assert (finding.level, finding.id) == ("WARNING", "flags-of-another-version")


def test_an_answer_that_outlasts_the_drain_is_a_warning(config_of: ConfigOf) -> None:
    timers = make_plan(config_of()).timers
    drain = timers.deregistration_delay_s
    within, beyond = (Speed(slowest_first_token_s=1, longest_generation_s=drain + more) for more in (-1, 0))
    assert about_time(within, timers) == []
    patient = replace(timers, idle_timeout_s=4000)
    assert [finding.id for finding in about_time(beyond, patient)] == ["generation-outlasts-drain"]


def test_an_answer_that_outlasts_the_load_balancers_patience_is_a_warning(config_of: ConfigOf) -> None:
    """A whole context of 128k tokens takes more than AWS's 4000 s; only a stream keeps the connection open."""
    plan = make_plan(config_of("meta-llama/Llama-3.1-70B-Instruct", serving={"maxModelLen": 131_072}))
    assert plan.timers.idle_timeout_s == 4000
    assert {"generation-outlasts-drain", "answer-outlasts-idle-timeout"} <= ids(plan)
    assert "answer-outlasts-idle-timeout" not in ids(make_plan(config_of(serving={"maxModelLen": 8192})))


def test_a_budget_below_the_cost_is_a_warning(config_of: ConfigOf) -> None:
    config = config_of(budget={"monthlyUsd": 100.0}, monitoring={"notify": ["ml-oncall@example.com"]})
    assert about_cost(config, Cost(hourly_usd=0.1, monthly_usd=99, items=())) == []
    (finding,) = about_cost(config, Cost(hourly_usd=1, monthly_usd=730, items=()))
    assert (finding.level, finding.id) == ("WARNING", "over-budget")


def test_a_budget_that_tells_nobody_is_a_warning(config_of: ConfigOf) -> None:
    (finding,) = about_cost(config_of(budget={"monthlyUsd": 100.0}), Cost(hourly_usd=0.1, monthly_usd=99, items=()))
    assert (finding.level, finding.id) == ("WARNING", "budget-tells-nobody")


def test_warnings_come_first(config_of: ConfigOf) -> None:
    levels = [finding.level for finding in make_plan(config_of(region="eu-west-1")).findings]
    assert levels == sorted(levels, key=["WARNING", "INFO"].index)
