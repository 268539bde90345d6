"""Every test that takes ``case`` runs for every stack file and every variant."""

from __future__ import annotations

import pytest

from tests.program.cases import NAMES, Case, load_case


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest) -> Case:
    name: str = request.param
    return load_case(name)
