"""Every test that takes ``case`` runs for every stack file and every variant; in the fast layer for those that
differ most."""

from __future__ import annotations

import pytest

from tests.program.cases import NAMES, STACKS, Case, load_case

FAST = (*STACKS, "public", "internet", "existing-public", "pinned", "tags", "prometheus", "elastic")


@pytest.fixture(params=[name if name in FAST else pytest.param(name, marks=pytest.mark.e2e) for name in NAMES])
def case(request: pytest.FixtureRequest) -> Case:
    name: str = request.param
    return load_case(name)
