from __future__ import annotations

import re

from monitoring.runbook import PATH, render
from monitoring.table import WATCHES


def test_the_committed_page_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == render(), "run: python -m monitoring.runbook"


def test_each_watch_has_the_entry_that_its_message_links_to() -> None:
    assert re.findall(r"^## (.+)$", render(), flags=re.MULTILINE) == [watch.id for watch in WATCHES]


def test_verbs_that_it_sends_people_to_exist() -> None:
    from ops import cli

    verbs = set(re.findall(r"python -m ops ([a-z]+)", render()))
    assert verbs
    assert verbs <= set(cli.VERBS)
