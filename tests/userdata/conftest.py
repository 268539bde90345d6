from __future__ import annotations

from pathlib import Path

import pytest

from tests.userdata.host import Host, make_host


def pytest_itemcollected(item: pytest.Item) -> None:
    """What has a folder runs scripts in it, each dozens of processes: the fast layer would take twice as long."""
    if "tmp_path" in getattr(item, "fixturenames", ()):
        item.add_marker("scripts")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return make_host(tmp_path / "host")
