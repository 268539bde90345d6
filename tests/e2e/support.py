"""What the slow tests share: a missing tool skips a test on a laptop and fails it in CI."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pytest


def need(condition: bool, reason: str, *, environ: Mapping[str, str] = os.environ) -> None:
    """Goes on when ``condition`` holds; otherwise skips with ``reason``, or fails where ``CI`` is true.

    CI must not turn green because a tool is missing there.
    """
    if condition:
        return
    if environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(f"CI=true allows no skips: {reason}", pytrace=False)
    pytest.skip(reason)
