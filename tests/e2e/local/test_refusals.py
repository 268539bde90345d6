"""What keeps the stack from starting is said before anything is started."""

from __future__ import annotations

import pytest

from tests.e2e.local.lives import LocalLives
from tests.e2e.local.refusals import GATED, TOKEN, Refusals

pytestmark = pytest.mark.e2e

WORDS = {
    "no key": ("API keys", "python -m ops keys add"),
    "no engine": ("nowhere.sock", "docker:host"),
    "port in use": ("vllm:endpoint.port", "8000"),
    "disk full": ("disk would be full", "GiB free"),
    "gated": (GATED, "python -m ops secrets set hf-token"),
    "no gpu": ("GPU",),
    "gpu too small": ("GPU", "GiB"),
    "no gpu in docker": ("NVIDIA", "nvidia-container-toolkit"),
}


@pytest.fixture(scope="module")
def refusals(local_lives: LocalLives) -> Refusals:
    refusals = local_lives.of("refusals")
    assert isinstance(refusals, Refusals)
    return refusals


@pytest.mark.parametrize("reason", WORDS)
def test_up_says_what_is_in_the_way_and_starts_nothing(refusals: Refusals, reason: str) -> None:
    refusal = refusals.of[reason]
    assert not [words for words in WORDS[reason] if words not in refusal.said], refusal.said
    left = refusal.left
    assert not left.containers | left.networks | left.volumes | left.state


def test_every_refusal_is_looked_at(refusals: Refusals) -> None:
    assert refusals.of.keys() == WORDS.keys()


def test_a_preview_fails_too_and_shows_what_would_be(refusals: Refusals) -> None:
    assert refusals.preview is not None
    assert "API keys" in refusals.preview.said
    assert "docker:index:Container" in refusals.preview.said


def test_what_was_told_to_do_is_enough(refusals: Refusals) -> None:
    assert refusals.token is not None
    assert refusals.token.returncode == 0, refusals.token.stderr
    assert refusals.in_order is not None
    assert TOKEN not in refusals.in_order.text
