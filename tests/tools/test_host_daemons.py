"""The stand-in that the publisher is measured against has all that a real vLLM makes it read."""

from __future__ import annotations

from monitoring.published import HOST_PREFIX, PUBLISHED
from tools.host_daemons import Cost, metrics_text
from userdata.files.publisher.exposition import read


def test_every_series_of_vllm_is_there_and_moves() -> None:
    names = {
        each.series.name + ("_bucket" if each.series.kind == "histogram" else "")
        for each in PUBLISHED
        if not each.series.name.startswith(HOST_PREFIX)
    }
    first, second = read(metrics_text(1), names), read(metrics_text(2), names)
    assert set(first.samples) == set(second.samples) == names
    assert all((first.total(name) or 0) < (second.total(name) or 0) for name in names)


def test_a_cost_is_part_of_one_processor() -> None:
    cost = Cost(seconds=180, cpu_s=0.9, memory_mib=24.0, requests=3)
    assert cost.cpu_percent == 0.5
    assert "0.50 % of one processor (limit 1), 24.0 MiB at most (limit 60)" in str(cost)
