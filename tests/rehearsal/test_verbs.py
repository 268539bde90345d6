"""`python -m ops` run for a rehearsal."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rehearsal.verbs import VerbError, Verbs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def verbs(said: list[str]) -> Verbs:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    return Verbs(root=ROOT, folder=ROOT, environment=environment, say=said.append)


def test_a_verb_answers_and_is_shown(verbs: Verbs, said: list[str]) -> None:
    assert json.loads(verbs.run("plan", "--stack", "dev", "--json"))["stack"] == "dev"
    assert said == ["$ python -m ops plan --stack dev --json"]


def test_a_verb_that_fails_brings_its_last_words(verbs: Verbs) -> None:
    with pytest.raises(VerbError, match=r"ended with 2: .*Pulumi\.nosuch\.yaml"):
        verbs.run("plan", "--stack", "nosuch")


def test_a_verb_that_takes_too_long_is_ended(verbs: Verbs) -> None:
    with pytest.raises(VerbError, match="ended with -15"):
        verbs.run("plan", "--stack", "dev", timeout_s=0.0)
