"""What a benchmark measured, how it compares with the plan, and its curves."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from config.parse import parse
from ops.bench.plan import Planned, compare, lines
from ops.bench.plot import plot
from ops.bench.prompts import Words
from ops.bench.seen import Measured, document, measured, seconds, table
from sizing.catalog import load_catalog
from sizing.estimate import Range
from sizing.planner import make_plan
from tests.ops.guidellm_stand_in import benchmark, report

PLANNED = Planned(
    replicas=1,
    running=8,
    taken_in=16,
    prompt_tokens=96,
    answer_tokens=32,
    first_token_limit_s=2.0,
    first_token_s=Range(low=0.1, high=0.2),
    requests_per_s=Range(low=5, high=10),
    tokens_per_s=Range(low=160, high=320),
)


def seen_of(*rows: tuple[float, float, float]) -> Measured:
    """Of target, milliseconds to the first token, seconds of an answer."""
    benchmarks = [benchmark(in_flight=target, first_token_ms=ms, answer_s=s) for target, ms, s in rows]
    return measured(report(*benchmarks), kind="concurrency", targets=[row[0] for row in rows])


SATURATED = seen_of((1, 100, 0.5), (4, 120, 0.7), (8, 150, 1.0), (12, 600, 1.5))


def test_each_level_is_read_in_seconds() -> None:
    first = SATURATED.levels[0]
    assert (first.target, first.answered, first.failed, first.requests_per_s) == (1, 20, 0, 2.0)
    assert first.first_token is not None
    assert (first.first_token.p50, first.first_token.p95, first.first_token.p99) == (0.1, 0.2, 0.3)
    assert first.between_tokens is not None
    assert first.between_tokens.p50 == 0.01
    assert first.answer_s == 0.5


def test_those_that_wait_are_told_by_how_late_their_first_token_is() -> None:
    """Of 12 in flight a third of the time is waiting, so a third of them wait: four."""
    waiting = [SATURATED.waiting(level) for level in SATURATED.levels]
    assert waiting == pytest.approx([0.0, 4 * 0.02 / 0.7, 8 * 0.05, 12 * 0.5 / 1.5])
    queues = SATURATED.queues_from()
    assert queues is not None
    assert queues.target == 12


def test_a_level_without_an_answer_has_no_times() -> None:
    failed = benchmark(in_flight=1, first_token_ms=1, answer_s=1, answered=0, failed=20)
    seen = measured(report(failed), kind="concurrency", targets=[4])
    assert (seen.failed, seen.levels[0].first_token, seen.queues_from()) == (20, None, None)
    assert table(seen).splitlines()[1].split() == ["4", "0", "20", "0", *"---------"]


def test_a_run_that_ends_early_has_the_levels_that_it_came_to() -> None:
    one = benchmark(in_flight=1, first_token_ms=1, answer_s=1)
    assert len(measured(report(one), kind="concurrency", targets=[1, 2, 4]).levels) == 1


def test_the_table_has_a_row_per_level() -> None:
    head, *rows = table(SATURATED).splitlines()
    assert head.startswith("at a time  answered  failed  cut")
    assert " ".join(rows[3].split()) == "12 20 0 0 8 256 600 ms 1.2 s 1.8 s 10 ms 20 ms 30 ms 4.0"
    assert [row.split()[0] for row in rows] == ["1", "4", "8", "12"]


def test_the_document_is_plain_data() -> None:
    content = json.loads(json.dumps(document(SATURATED)))
    assert [level["queues"] for level in content["levels"]] == [False, False, False, True]


@pytest.mark.parametrize(
    ("value", "said"), [(0.0421, "42.1 ms"), (0.9999, "1 s"), (1.25, "1.25 s"), (83.4, "83.4 s"), (123.4, "123 s")]
)
def test_times_have_three_digits(value: float, said: str) -> None:
    assert seconds(value) == said


def test_as_planned_is_said_for_each_point_of_the_plan() -> None:
    assert lines(compare(SATURATED, PLANNED)) == [
        "running at once: planned 8 requests on 1 replica; requests begin to wait at 12 at a time, not yet at 8 at a "
        "time: as planned",
        "first token, p95: planned below 2 s (alarm slow-first-token); 300 ms at 8 at a time: as planned",
        "tokens/s: planned 160 to 320 with 8 running; 256 at 8 at a time: as planned",
        "requests/s: planned 5 to 10 with 8 running; 8 at 8 at a time: as planned",
    ]


def verdicts(seen: Measured, planned: Planned = PLANNED) -> list[str]:
    return [row.verdict for row in compare(seen, planned)]


def test_what_waits_too_early_and_is_too_slow_is_worse_than_planned() -> None:
    slow = seen_of((1, 100, 0.5), (8, 1500, 3.0))
    assert verdicts(slow) == ["worse than planned"] * 4


def test_faster_is_better_than_planned() -> None:
    assert verdicts(seen_of((1, 50, 0.1), (8, 60, 0.4)))[2:] == ["better than planned"] * 2


def test_less_load_than_the_plans_says_nothing_about_it() -> None:
    assert verdicts(seen_of((1, 100, 0.5), (2, 100, 0.5))) == ["not measured"] * 4


def test_of_other_lengths_the_plan_knows_no_speed() -> None:
    other = PLANNED.asked(prompt_tokens=1000, answer_tokens=32)
    assert verdicts(SATURATED, other) == ["as planned"] * 2
    assert PLANNED.asked(prompt_tokens=96, answer_tokens=32) is PLANNED


def planned_of(**sections: object) -> Planned:
    raw = {"aws:region": "us-east-1", "vllm:model": "meta-llama/Llama-3.1-8B-Instruct", **sections}
    config = parse(stack="dev", raw={f"{key}": value for key, value in raw.items()}).config
    assert config is not None
    return Planned.of(config, make_plan(config, load_catalog(), root=Path()))


def test_the_plan_of_a_stack_gives_load_and_limits() -> None:
    planned = planned_of(**{"vllm:serving": {"maxModelLen": 8192, "typicalTokens": 2048}})
    assert (planned.prompt_tokens, planned.answer_tokens) == (1536, 512)
    assert planned.levels()[0] == 1
    assert planned.running in planned.levels()
    assert planned.levels()[-1] <= planned.taken_in
    assert planned.requests_per_s is not None


def test_more_replicas_run_more_at_once() -> None:
    serving = {"maxModelLen": 8192, "typicalTokens": 2048}
    one = planned_of(**{"vllm:serving": serving})
    two = planned_of(**{"vllm:serving": serving, "vllm:scaling": {"min": 2, "max": 2}})
    assert (two.replicas, two.running) == (2, 2 * one.running)


def test_a_threshold_of_the_stack_file_is_the_limit() -> None:
    planned = planned_of(**{"vllm:monitoring": {"thresholds": {"slow-first-token": 7}}})
    assert planned.first_token_limit_s == 7


def test_the_curves_are_one_file_that_needs_nothing_else() -> None:
    picture = plot(SATURATED, PLANNED, title="a <b> & c")
    root = ET.fromstring(picture)
    assert root.tag.endswith("svg")
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
    assert picture.count("<polyline") == 7
    assert "plan: 8" in picture
    assert "a &lt;b&gt; &amp; c" in picture


def test_all_of_a_picture_is_inside_it() -> None:
    for planned in (PLANNED, replace(PLANNED, running=500, tokens_per_s=None)):
        for element in ET.fromstring(plot(SATURATED, planned, title="t")).iter():
            for name in ("x", "x1", "x2", "cx"):
                assert 0 <= float(element.get(name, "0")) <= 960
            for name in ("y", "y1", "y2", "cy"):
                assert 0 <= float(element.get(name, "0")) <= 330


def test_a_level_without_answers_leaves_a_gap_and_no_error() -> None:
    failed = benchmark(in_flight=1, first_token_ms=1, answer_s=1, answered=0, failed=20)
    seen = measured(report(failed), kind="rate", targets=[4])
    assert "requests sent per second" in plot(seen, PLANNED, title="t")


def test_prompts_have_the_wanted_length_in_the_models_own_tokens() -> None:
    words = Words.counted(lambda prompt: 7 + 2 * len(prompt.split()))
    prompts = words.prompts(tokens=207, count=50)
    assert {len(prompt.split()) for prompt in prompts} == {100}
    assert len({" ".join(prompt.split()[:5]) for prompt in prompts}) == 50
    assert prompts == words.prompts(tokens=207, count=50)


def test_samples_fit_into_a_short_context() -> None:
    asked: list[int] = []

    def tokens_of(prompt: str) -> int:
        asked.append(len(prompt.split()))
        return asked[-1] * 4

    Words.counted(tokens_of, context=256)
    assert max(asked) * 4 < 256
