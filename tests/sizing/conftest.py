"""Builders for the planner's inputs: a test names only what it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config.errors import ConfigError, Problem
from config.models import StackConfig
from sizing.catalog import Catalog, load_catalog
from sizing.planner import make_plan

LLAMA_8B = "meta-llama/Llama-3.1-8B-Instruct"

ConfigOf = Callable[..., StackConfig]
ProblemsOf = Callable[..., tuple[Problem, ...]]


def build_config(model: str | dict[str, Any] = LLAMA_8B, *, region: str = "us-east-1", **sections: Any) -> StackConfig:
    """Sections as in a stack file, keys in camelCase."""
    named = {"id": model} if isinstance(model, str) else model
    return StackConfig.model_validate({"stack": "test", "region": region, "model": named, **sections})


@pytest.fixture
def config_of() -> ConfigOf:
    return build_config


@pytest.fixture
def problems_of() -> ProblemsOf:
    """The problems that a configuration ends in; fails when there is a plan."""

    def problems(*args: Any, **sections: Any) -> tuple[Problem, ...]:
        with pytest.raises(ConfigError) as caught:
            make_plan(build_config(*args, **sections))
        return tuple(caught.value.problems)

    return problems


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()
