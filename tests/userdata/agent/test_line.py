"""A server that ends by itself: its host is out of rotation before its process has ended."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.userdata.agent.stage import Stage
from tests.userdata.agent.test_care import completions
from userdata.files.agent.line import Line


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def is_cut_soon(line: Line) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if line.is_cut():
            return True
        time.sleep(0.01)
    return False


def test_a_server_that_says_nothing_is_there(listener: socket.socket) -> None:
    line = Line(port=listener.getsockname()[1])
    assert [line.is_cut() for _ in range(3)] == [False] * 3


def test_a_server_that_ends_lets_go(listener: socket.socket) -> None:
    line = Line(port=listener.getsockname()[1])
    line.is_cut()
    accepted, _ = listener.accept()
    listener.close()
    assert not line.is_cut()
    accepted.close()
    assert is_cut_soon(line)
    assert line.is_cut()  # and takes none any more


def test_a_proxy_for_a_server_that_is_not_there_is_seen_through(listener: socket.socket) -> None:
    line = Line(port=listener.getsockname()[1])
    assert not line.is_cut()
    for _ in range(2):
        assert not line.is_cut()
        listener.accept()[0].close()
    assert is_cut_soon(line)


def test_a_server_that_lets_go_of_who_is_silent_is_there(listener: socket.socket) -> None:
    line = Line(port=listener.getsockname()[1])
    for _ in range(3):
        assert not line.is_cut()
        accepted, _ = listener.accept()
        accepted.close()
        assert not line.is_cut()  # and has another one, which is held
        assert not line.is_cut()


def end_server(stage: Stage) -> None:
    """While its unit is still active."""
    stage.world.silence()
    stage.loop.care.line = Line(port=1)  # nobody has it


def test_a_server_that_ends_by_itself_is_sent_nothing_more(joined: Stage) -> None:
    joined.script("leave.sh", 'touch "$RUN_DIR/out-of-rotation"')
    end_server(joined)
    joined.pass_s(20)
    assert joined.calls("leave.sh", "rejoin.sh") == ["leave.sh"]
    assert len(joined.calls("tell.sh")) == 1


def test_it_is_brought_back_when_it_has_served(joined: Stage) -> None:
    joined.script("leave.sh", 'touch "$RUN_DIR/out-of-rotation"')
    joined.script("rejoin.sh", 'rm "$RUN_DIR/out-of-rotation"')
    line = joined.loop.care.line
    end_server(joined)
    joined.pass_s(30)
    joined.units(start="b")
    joined.pass_s(30)
    assert joined.calls("rejoin.sh") == []
    joined.loop.care.line = line
    joined.world.completes = True
    joined.world.load(requests=0, tokens=1)
    joined.pass_s(30)
    assert joined.calls("leave.sh", "rejoin.sh") == ["leave.sh", "rejoin.sh"]


def test_what_it_had_served_before_brings_no_dead_server_back(joined: Stage) -> None:
    joined.script("leave.sh", 'touch "$RUN_DIR/out-of-rotation"')
    asked = completions(joined)
    while completions(joined) == asked:
        joined.pass_s(1)  # and nobody has looked at the answer yet
    end_server(joined)
    joined.pass_s(30)
    assert joined.calls("leave.sh", "rejoin.sh") == ["leave.sh"]


def test_a_server_that_is_stopped_has_left_already(joined: Stage) -> None:
    joined.host.path("run/out-of-rotation").touch()
    end_server(joined)
    joined.pass_s(9)
    assert joined.calls("leave.sh", "tell.sh") == []
