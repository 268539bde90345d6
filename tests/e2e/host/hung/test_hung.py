"""vLLM hangs (all its processes are stopped): the host has itself replaced."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.drains import STOP_S
from tests.e2e.host.lives import STALL_S, first, second, third
from tests.e2e.host.plays import Plays

pytestmark = pytest.mark.e2e
PLAYS = (first, second, third)


def test_the_host_has_itself_replaced(plays: Plays, seen: Callable[[str], None]) -> None:
    life = plays.of(third)
    seen(
        f"taken out {life.hung_until_unhealthy_s:.0f} s after SIGSTOP (stall after {STALL_S} s), replaced by "
        f"{life.replaced_by}, let go after {life.let_go_after_s:.0f} s"
    )
    assert life.hung_until_unhealthy_s >= STALL_S * 0.9
    assert life.replaced_by is not None


def test_a_hung_server_does_not_keep_the_slot(plays: Plays) -> None:
    life = plays.of(third)
    assert set(map(len, life.slots.values())) == {0}
    assert life.let_go_after_s < life.hung_until_unhealthy_s + STOP_S


def test_the_log_group_says_why(plays: Plays) -> None:
    reasons = [event["reason"] for event in plays.of(third).events if event["status"] == "warning"]
    assert any(reason.startswith("vLLM hangs: ") and "replaces this host" in reason for reason in reasons), reasons
