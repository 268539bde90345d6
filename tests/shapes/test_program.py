"""All that tests/program says of a stack on AWS, said of every shape: each test there that takes a ``Case`` runs here.
Below, what only a shape can be asked."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sizing.cost import prices
from tests.program.cases import Case
from tests.shapes.shapes import BY_STACK, MODELS, Shape

pytestmark = pytest.mark.e2e

PROGRAM = Path(__file__).resolve().parents[1] / "program"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
NAMED_BY_US = {
    "aws:autoscaling/lifecycleHook:LifecycleHook",
    "aws:autoscaling/policy:Policy",
    "aws:cloudwatch/dashboard:Dashboard",
    ALARM,
}
"""The group's first hooks and the later ones are the same by their names; a policy's is of its group alone; dashboards
take no other; alarms that hosts set or a refresh listens to are known by their names before they exist."""
PHYSICAL_NAMES = ("name", "bucket", "dashboardName", "roleName")


def checks_of_a_case() -> Iterator[tuple[str, Callable[..., Any]]]:
    for file in sorted(PROGRAM.glob("test_*.py")):
        module = importlib.import_module(f"tests.program.{file.stem}")
        for name, function in vars(module).items():
            if name.startswith("test_") and _takes_a_case(function):
                yield f"{name}__{file.stem.removeprefix('test_')}", function


def _takes_a_case(function: Callable[..., Any]) -> bool:
    parameter = inspect.signature(function).parameters.get("case")
    return parameter is not None and parameter.annotation in (Case, Case.__name__)


globals().update(checks_of_a_case())


def test_the_tests_are_found() -> None:
    assert len(dict(checks_of_a_case())) > 40


def shape_of(case: Case) -> Shape:
    return BY_STACK[case.name]


def test_the_plan_is_what_the_shape_asks_for(case: Case) -> None:
    shape, config, plan = shape_of(case), case.config, case.plan
    assert (config.region, plan.model) == (shape.region, MODELS[shape.served].model)
    assert plan.replicas.max == shape.replicas
    gpu = MODELS[shape.served].compute.get("gpu")
    assert gpu in (None, plan.gpu)
    assert config.endpoint.is_https == shape.https
    assert (config.network.mode == "existing") == shape.existing


def test_prices_of_another_region_are_a_warning_and_no_more(case: Case) -> None:
    levels = {finding.id: finding.level for finding in case.plan.findings}
    expected = None if case.config.region == prices()["region"] else "WARNING"
    assert levels.get("prices-of-another-region") == expected
    assert "ERROR" not in levels.values()


def test_nothing_is_named_by_us_that_aws_would_not_replace_under_its_name(case: Case) -> None:
    """A fixed name stands in the way of its own replacement, and of a second stack in the account."""
    named = {item.type for item in case.graph if item.custom and any(key in item.inputs for key in PHYSICAL_NAMES)}
    assert named - NAMED_BY_US - names_of_others(case) == set()


def names_of_others(case: Case) -> set[str]:
    """Types whose ``bucket`` is a reference to a bucket's name, not a name of their own."""
    return {item.type for item in case.graph if item.property_dependencies.get("bucket")}


def test_alarms_of_two_stacks_do_not_meet(case: Case) -> None:
    names = [alarm.inputs["name"] for alarm in case.graph.of_type(ALARM) if "name" in alarm.inputs]
    assert case.host_environment["BOOT_LOOP_ALARM"] in names
    assert all(name.startswith(f"vllm-{case.config.stack}-") for name in names)
    assert len(set(names)) == len(names)


def test_dashboards_of_two_stacks_do_not_meet(case: Case) -> None:
    name = case.only("aws:cloudwatch/dashboard:Dashboard").inputs["dashboardName"]
    assert case.config.stack in name
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name)


def test_the_stack_file_names_no_account_but_the_documentations_own(case: Case) -> None:
    numbers = set(re.findall(r"\b\d{12}\b", json.dumps(shape_of(case).config())))
    assert numbers <= {"123456789012"}
