"""Fixtures of the slow tests. What takes minutes is done once and shared."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from rehearsal.engine.rig import Rig, find_rig, missing_tools
from tests.e2e.life import CREDENTIALS, PROFILE, REAL_LOOKING, Life, live
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
    home = tmp_path_factory.mktemp("home")
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(PROFILE)
    (home / ".aws" / "credentials").write_text(CREDENTIALS)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    caches = {"XDG_CACHE_HOME": str(cache), "TFBRIDGE_CACHE_DIR": str(cache / "tfbridge")}
    return {**os.environ, **REAL_LOOKING, **caches, "HOME": str(home)}


@pytest.fixture(scope="session")
def life(rig: Rig, busy_environ: Mapping[str, str]) -> Life:
    """The dev stack from the first up to the destroy, on such a machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in set(REAL_LOOKING) | {"HOME"}:
            patch.setenv(name, busy_environ[name])
        return live(rig=rig, environ=busy_environ)
