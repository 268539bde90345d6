"""What is shown of work that takes its time, on a terminal and elsewhere."""

from __future__ import annotations

import io

import pytest

from ops.progress import CLEAR, Line, is_live, progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that a test sets."""

    s = 0.0

    def now_s(self) -> float:
        return self.s


def line_at(clock: Clock, stream: io.StringIO, *, live: bool) -> Line:
    return Line(what="asking AWS", stream=stream, live=live, now_s=clock.now_s)


def test_what_is_over_soon_shows_nothing() -> None:
    clock, stream = Clock(), io.StringIO()
    for live in (True, False):
        line = line_at(clock, stream, live=live)
        clock.s += 1.9
        line.update("3 of 12")
        line.end()
    assert stream.getvalue() == ""


def test_a_terminal_has_one_line_that_is_written_over_and_gone_at_the_end() -> None:
    clock, stream = Clock(), io.StringIO()
    line = line_at(clock, stream, live=True)
    clock.s = 3
    line.update("3 of 12")
    clock.s = 65
    line.tick()
    line.end()
    assert stream.getvalue() == f"{CLEAR}asking AWS: 3 of 12 (3 s){CLEAR}asking AWS: 3 of 12 (1 min){CLEAR}"


def test_a_live_line_stays_within_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    clock, stream = Clock(), io.StringIO()
    line = line_at(clock, stream, live=True)
    clock.s = 3
    line.update("many words\nin two lines")
    assert stream.getvalue() == f"{CLEAR}asking AWS: many wo"


def test_elsewhere_a_line_now_and_then_without_control_characters() -> None:
    clock, stream = Clock(), io.StringIO()
    line = line_at(clock, stream, live=False)
    for second in range(1, 95):
        clock.s = second
        line.update(f"{min(second // 4, 6)} of 6")
    line.end()
    assert stream.getvalue().splitlines() == [
        "asking AWS: 0 of 6 (2 s)",
        "asking AWS: 3 of 6 (12 s)",
        "asking AWS: 5 of 6 (22 s)",
        "asking AWS: 6 of 6 (32 s)",
        "asking AWS: 6 of 6 (1 min)",
    ]


def test_what_is_said_stays_above_the_live_line() -> None:
    clock, stream = Clock(), io.StringIO()
    line = line_at(clock, stream, live=True)
    line.say("at once")
    clock.s = 3
    line.tick()
    line.say("found")
    assert stream.getvalue() == f"at once\n{CLEAR}asking AWS (3 s){CLEAR}found\n{CLEAR}asking AWS (3 s)"


def test_the_line_is_shown_without_being_asked_for_and_gone_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()

    def fail() -> None:
        with progress("asking AWS", stream=stream, quiet_s=0.0) as line:
            line.update("on")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert stream.getvalue().startswith(f"{CLEAR}asking AWS")
    assert stream.getvalue().endswith(CLEAR)


@pytest.mark.parametrize(("term", "live"), [("xterm", True), ("dumb", False), ("", False)])
def test_a_terminal_that_cannot_write_over_is_none(monkeypatch: pytest.MonkeyPatch, term: str, live: bool) -> None:
    monkeypatch.setenv("TERM", term)
    assert is_live(Terminal()) is live
    assert not is_live(io.StringIO())
