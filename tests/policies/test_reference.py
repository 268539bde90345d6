"""docs/policies.md is what the rules say."""

from __future__ import annotations

import re
from pathlib import Path

from policies.loader import load_rules
from policies.reference import render

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_made_from_the_rules() -> None:
    assert (ROOT / "docs" / "policies.md").read_text(encoding="utf-8") == render()


def test_every_rule_is_on_it() -> None:
    assert sorted(re.findall(r"^### (.*)$", render(), flags=re.MULTILINE)) == sorted(rule.id for rule in load_rules())


def test_files_that_rules_name_exist() -> None:
    """What to do is no use when it names a file that has moved."""
    named = re.findall(r"\b(?:components|docs|policies|tools)/[\w/.-]+\.(?:py|md|yaml|txt)", render())
    assert len(named) > 8
    assert [name for name in sorted(set(named)) if not (ROOT / name).is_file()] == []
