"""The driver follows the CUDA of the image."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.models import StackConfig
from sizing.driver import driver_needed
from sizing.planner import make_plan


@pytest.mark.parametrize(
    ("tag", "driver"),
    [("v0.32.0", 580), ("v0.22.1", 580), ("v0.32.0-cu129", 525), ("v0.32.0-cu130", 580), ("v0.32.0-cuda12.9", 525)],
)
def test_the_driver_of_an_image(tag: str, driver: int) -> None:
    assert driver_needed(tag) == driver


def test_the_plan_has_the_driver_of_its_image(config_of: Callable[..., StackConfig]) -> None:
    assert make_plan(config_of()).driver_needed == 580
    assert make_plan(config_of(image={"tag": "v0.32.0-cu129"})).driver_needed == 525
