from __future__ import annotations

import re

from monitoring.runbook import PATH, render
from monitoring.scaling import SCALE_IN, SCALE_OUT, TO_ZERO, WAKE_UP
from monitoring.table import WATCHES


def test_the_committed_page_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == render(), "run: python -m monitoring.runbook"


def test_each_watch_has_the_entry_that_its_message_links_to() -> None:
    *entries, signals = re.findall(r"^## (.+)$", render(), flags=re.MULTILINE)
    assert entries == [watch.id for watch in WATCHES]
    assert signals == "Signals"


def test_each_alarm_that_tells_nobody_is_named() -> None:
    signals = render().partition("## Signals")[2]
    named = re.findall(r"^- `([\w-]+)` \w+s ", signals, flags=re.MULTILINE)
    assert named == [SCALE_OUT, SCALE_IN, TO_ZERO, WAKE_UP]


def test_what_holds_where_the_minimum_moves_is_said_where_it_differs() -> None:
    said = [entry for entry in render().split("\n## ") if "With `vllm:scaling.min: 0` or schedules" in entry]
    assert [entry.partition("\n")[0] for entry in said] == [watch.id for watch in WATCHES if watch.moving]


def test_verbs_that_it_sends_people_to_exist() -> None:
    from ops import cli

    verbs = set(re.findall(r"python -m ops ([a-z]+)", render()))
    assert verbs
    assert verbs <= set(cli.VERBS)
