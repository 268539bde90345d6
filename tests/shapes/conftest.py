"""Every test that takes ``case`` runs for every shape."""

from __future__ import annotations

import pytest

from tests.program.cases import Case
from tests.shapes.cases import load_shape
from tests.shapes.shapes import BY_STACK


@pytest.fixture(params=BY_STACK)
def case(request: pytest.FixtureRequest) -> Case:
    stack: str = request.param
    return load_shape(stack)
