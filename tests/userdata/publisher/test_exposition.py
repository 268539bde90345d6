"""Prometheus' text format, as vLLM writes it and with what could be in it."""

from __future__ import annotations

import pytest

from tests.userdata.publisher.series import text
from userdata.files.publisher.exposition import labels_of, read


def test_only_wanted_names_are_read() -> None:
    seen = read(text(running=3, tokens=7), {"vllm:num_requests_running"})
    assert list(seen.samples) == ["vllm:num_requests_running"]
    assert seen.total("vllm:num_requests_running") == 3
    assert seen.total("vllm:generation_tokens_total") is None


def test_engines_add_up_and_the_fullest_one_counts() -> None:
    seen = read('a{engine="0"} 0.5\na{engine="1"} 0.25\n', {"a"})
    assert seen.total("a") == 0.75
    assert seen.largest("a") == 0.5
    assert [sample.value for sample in seen.of("a", {"engine": "1"})] == [0.25]


def test_a_name_that_is_declared_is_known_without_a_sample() -> None:
    assert "vllm:request_success_total" in read(text(), set()).families


def test_labels_may_hold_anything() -> None:
    seen = read('a{m="x} 5 \\"y\\\\ {",n=""} 1.5\n', {"a"})
    (sample,) = seen.of("a")
    assert sample.value == 1.5
    assert labels_of(sample.labels) == {"m": 'x} 5 "y\\ {', "n": ""}


@pytest.mark.parametrize("line", ["a", "a ", "a{", 'a{x="y"', "a b", "a{} c", "a NaN", ""])
def test_a_line_without_a_value_is_left_out(line: str) -> None:
    assert read(f"{line}\na 1\n", {"a"}).total("a") == 1


def test_values_may_be_large_and_have_a_time() -> None:
    assert read("a 1.79596688991e+09 1795966889000\n", {"a"}).total("a") == 1795966889.91
