"""The API key is enforced, and neither it nor the HuggingFace token is found anywhere but on a tmpfs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.ground import TOKEN
from tests.e2e.host.lives import First, first
from tests.e2e.host.plays import Plays

pytestmark = pytest.mark.e2e
PLAYS = (first,)


@pytest.fixture
def life(plays: Plays) -> First:
    return plays.of(first)


def test_only_the_right_key_opens(life: First) -> None:
    assert life.serving.right_key[0] == 200
    assert (life.serving.wrong_key, life.serving.no_key) == (401, 401)


@pytest.mark.parametrize("secret", ["key", "token"])
def test_no_secret_is_where_people_look(life: First, secret: str, seen: Callable[[str], None]) -> None:
    value = {"key": life.key, "token": TOKEN}[secret]
    texts = life.serving.everywhere
    seen(f"{secret} not in {', '.join(f'{place} ({len(text):,} bytes)' for place, text in texts.items())}")
    assert all(texts.values())
    assert [place for place, text in texts.items() if value in text] == []


def test_no_secret_is_in_a_file_of_slot_store_or_system(life: First) -> None:
    assert life.serving.files_with_secret == ""


def test_no_secret_is_in_the_raw_bytes_that_a_snapshot_of_the_slot_has(life: First) -> None:
    assert not life.secret_in_raw_slot
