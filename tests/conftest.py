"""What every test runs under."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import settings

# No deadline: how long a case takes says more about the machine than about the code. In CI the same cases every time.
settings.register_profile("repository", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("repository")


def pytest_xdist_make_scheduler(config: Any, log: Any) -> Any:
    """Of the controller: which tests go to which worker."""
    from tests.workers import make_scheduler

    return make_scheduler(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Here and not beside the cases, whose conftest pytest-xdist's controller does not load."""
    from tests.e2e.host.table import show

    show(terminalreporter)
