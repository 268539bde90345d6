"""The skip rule itself: it needs no tool."""

from __future__ import annotations

import pytest

from tests.e2e.support import need


def test_a_tool_that_is_there_lets_the_test_go_on() -> None:
    reached = False
    need(True, "unused", environ={"CI": "true"})
    reached = True
    assert reached


def test_a_missing_tool_skips_with_its_reason() -> None:
    with pytest.raises(pytest.skip.Exception, match="no pulumi here"):
        need(False, "no pulumi here", environ={})


@pytest.mark.parametrize("value", ["true", "1", "True"])
def test_a_missing_tool_fails_in_ci(value: str) -> None:
    with pytest.raises(pytest.fail.Exception, match="CI=true allows no skips: no pulumi here"):
        need(False, "no pulumi here", environ={"CI": value})
