"""The page that ``plan`` prints: a bar that adds up, a table in order, lines that fit a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models import StackConfig
from sizing.bar import WIDTH, bar, terms
from sizing.estimate import Range
from sizing.explain import explain
from sizing.explain_choice import span
from sizing.explain_findings import findings
from sizing.plan import Finding, Memory
from sizing.planner import make_plan

ConfigOf = Callable[..., StackConfig]
USUAL = {"maxModelLen": 8192, "typicalTokens": 2048}


def memory_of(total: float, *, used: float, parts: tuple[float, float, float]) -> Memory:
    usable = total * used
    whole = sum(parts) * 1.25
    weights, activation, overhead = (usable * part / whole for part in parts)
    return Memory(
        total_gib=total,
        usable_gib=usable,
        weights_gib=weights,
        activation_gib=activation,
        overhead_gib=overhead,
        kv_cache_gib=usable - weights - activation - overhead,
        kv_cache_tokens=1,
        kv_bytes_per_token=1,
    )


@given(st.floats(8, 300), st.floats(0.5, 0.95), st.tuples(st.floats(0.1, 10), st.floats(0.01, 5), st.floats(0.01, 5)))
def test_the_bar_adds_up(total: float, used: float, parts: tuple[float, float, float]) -> None:
    memory = memory_of(total, used=used, parts=parts)
    assert sum(gib for _, gib in terms(memory)) == pytest.approx(total)
    drawn = [line.split("|")[1] for line in bar(memory, words={})[:-1]]
    assert all(len(each) == WIDTH for each in drawn)
    assert all(each.strip() for each in drawn), "every term can be seen"
    begins = [len(each) - len(each.lstrip()) for each in drawn]
    ends = [len(each.rstrip()) for each in drawn]
    assert begins[0] == 0
    assert ends[-1] == WIDTH
    assert all(0 <= end - begin <= 1 for end, begin in zip(ends, begins[1:], strict=False))


@pytest.mark.parametrize(
    ("model", "sections"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", {"serving": USUAL}),
        ("Qwen/Qwen3-235B-A22B-FP8", {"serving": USUAL}),
        ("deepseek-ai/DeepSeek-R1", {"serving": USUAL}),
        ("Qwen/Qwen3-0.6B", {"compute": {"instanceType": "g4dn.2xlarge"}}),
        ("Qwen/Qwen2.5-VL-7B-Instruct", {"serving": USUAL | {"extraArgs": {"limit-mm-per-prompt": '{"video": 0}'}}}),
        ("hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4", {"serving": USUAL | {"concurrency": 64}}),
        ("meta-llama/Llama-3.1-70B-Instruct", {"region": "eu-west-1"}),
    ],
)
def test_every_line_fits_a_terminal(config_of: ConfigOf, model: str, sections: dict[str, Any]) -> None:
    config = config_of(model, **sections)
    plan = make_plan(config)
    lines = explain(config, plan).splitlines()
    assert [line for line in lines if len(line) > 120] == []
    assert [line for line in lines if line != line.rstrip()] == []
    assert sum(line.startswith("  > ") for line in lines) == 1, "one machine is marked as chosen"
    for each in plan.equivalents:
        assert any(line.startswith(f"  {each.instance_type} ") for line in lines)


def test_prices_in_the_table_ascend(config_of: ConfigOf) -> None:
    config = config_of(serving=USUAL)
    page = explain(config, make_plan(config))
    table = page[page.index("Machine, by price") : page.index("Memory of each GPU")].splitlines()[2:]
    prices = [float(line[47:57]) for line in table if line.strip()]
    assert len(prices) >= 4
    assert prices == sorted(prices)


def test_own_arguments_come_last_and_say_so(config_of: ConfigOf) -> None:
    extra = {"enable-auto-tool-choice": True, "tool-call-parser": "llama3_json"}
    config = config_of(serving=USUAL | {"extraArgs": extra})
    page = explain(config, make_plan(config))
    assert "    --enable-auto-tool-choice             serving.extraArgs\n" in page
    assert "    --tool-call-parser llama3_json        serving.extraArgs\n" in page


def test_findings_are_grouped_with_what_is_urgent_first() -> None:
    rows = [("INFO", "unpinned-ami"), ("INFO", "own-x"), ("WARNING", "bad"), ("INFO", "fp8-x"), ("INFO", "other")]
    found = findings(tuple(Finding(level=level, id=ident, message="m") for level, ident in rows))  # type: ignore[arg-type]
    assert [line.strip().partition(":")[0] for line in found if line.startswith("    ")] == [
        "bad",
        "own-x",
        "fp8-x",
        "other",
        "unpinned-ami",
    ]
    assert found[0] == "  1 warning"
    assert findings(()) == ["  none"]


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(0.0441, 0.0952, "0.044-0.095"), (96.3, 187.0, "96-190"), (1049.0, 2630.0, "1,000-2,600"), (8.0, 8.0, "8")],
)
def test_an_estimate_shows_two_digits(low: float, high: float, shown: str) -> None:
    assert span(Range(low=low, high=high)) == shown
    assert span(None) == "-"
