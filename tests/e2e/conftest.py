"""Fixtures of the slow tests. What takes minutes is done once and shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from rehearsal.engine.rig import Rig, find_rig, missing_tools
from tests.e2e import busy_machine
from tests.e2e.lives import Lives, wanted_by
from tests.e2e.support import need


@pytest.fixture(scope="session")
def rig() -> Rig:
    found = find_rig()
    need(found is not None, "; ".join(f"no {tool.what}: {tool.how}" for tool in missing_tools()))
    assert found is not None
    return found


@pytest.fixture(scope="session")
def busy_environ(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The environment of a machine on which someone works with a real AWS account."""
    return busy_machine.environment(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def lives(request: pytest.FixtureRequest, rig: Rig, busy_environ: Mapping[str, str]) -> Iterator[Lives]:
    """Every life that the session's tests look at, begun with the first of these tests."""
    with Lives(names=wanted_by(request.session.items), rig=rig, environ=busy_environ) as running:
        yield running
