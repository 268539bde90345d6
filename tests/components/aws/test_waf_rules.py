"""The regular expression that stands for "at least so many bytes"."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.waf_rules import at_least

PATTERN_MAX = 512  # RegexMatchStatement, RegexString


@given(digit=st.integers(1, 9), zeros=st.integers(0, 12), value=st.integers(0, 10**15), padding=st.integers(0, 3))
def test_it_matches_exactly_the_numbers_from_the_limit_on(digit: int, zeros: int, value: int, padding: int) -> None:
    limit = digit * 10**zeros
    pattern = at_least(limit)
    assert len(pattern) <= PATTERN_MAX
    for number in (value, limit - 1, limit, limit + 1, limit * 10):
        assert bool(re.search(pattern, "0" * padding + str(number))) == (number >= limit)


@pytest.mark.parametrize("text", ["", "-5", "1e9", "12 345", "0x99999", "many"])
def test_what_is_no_number_is_not_one_that_is_too_large(text: str) -> None:
    assert not re.search(at_least(10), text)


@pytest.mark.parametrize("limit", [11, 120, 10_000_001])
def test_a_limit_that_it_cannot_say_is_a_mistake(limit: int) -> None:
    with pytest.raises(ValueError, match="one digit"):
        at_least(limit)
