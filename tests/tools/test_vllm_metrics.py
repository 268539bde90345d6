"""The metrics snapshot: how it is made, and that what we say of vLLM's metrics is in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from monitoring.contract import PATH
from sizing.flags import PINNED_VERSION
from tools.vllm_metrics import document, metrics

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = json.loads(PATH.read_text())
TEXT = """\
# HELP vllm:num_requests_running Number of requests.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="a \\"quoted\\", name"} 1.0
# TYPE vllm:e2e_seconds histogram
vllm:e2e_seconds_bucket{engine="0",le="0.3",model_name="m"} 0.0
vllm:e2e_seconds_bucket{engine="0",le="10.0",model_name="m"} 0.0
vllm:e2e_seconds_bucket{engine="0",le="+Inf",model_name="m"} 0.0
vllm:e2e_seconds_bucket{engine="1",le="0.3",model_name="m"} 0.0
vllm:e2e_seconds_sum{engine="0",model_name="m"} 0.0
# TYPE vllm:iteration_tokens_total counter
vllm:iteration_tokens_total{engine="0"} 3.0
# TYPE vllm:iteration_tokens_created gauge
vllm:iteration_tokens_created{engine="0"} 1.7e+09
# TYPE vllm:request_success_total counter
vllm:request_success_total{engine="0",finished_reason="stop"} 1.0
vllm:request_success_total{engine="0",finished_reason="error"} 0.0
# TYPE process_open_fds gauge
process_open_fds 12.0
"""


def test_names_types_and_labels() -> None:
    assert metrics(TEXT) == {
        "vllm:num_requests_running": {"type": "gauge", "labels": ["engine", "model_name"]},
        "vllm:e2e_seconds": {"type": "histogram", "labels": ["engine", "model_name"], "buckets": [0.3, 10.0]},
        "vllm:iteration_tokens_total": {"type": "counter", "labels": ["engine"]},
        "vllm:request_success_total": {
            "type": "counter",
            "labels": ["engine", "finished_reason"],
            "values": {"finished_reason": ["error", "stop"]},
        },
    }


def test_the_document_is_json_with_a_metric_a_line() -> None:
    text = document(TEXT, version="9.9.9", day="2026-01-01")
    found = json.loads(text)
    assert (found["vllm_version"], found["date"]) == ("9.9.9", "2026-01-01")
    assert found["metrics"] == metrics(TEXT)
    assert len(text.splitlines()) > len(found["metrics"])


def test_the_snapshot_is_of_the_pinned_version_and_has_what_is_watched() -> None:
    assert SNAPSHOT["vllm_version"] == PINNED_VERSION
    assert SNAPSHOT["metrics"]["vllm:num_requests_running"] == {"type": "gauge", "labels": ["engine", "model_name"]}
    assert SNAPSHOT["metrics"]["vllm:admission_rejections_total"]["labels"] == ["model_name", "reason"]


def test_every_metric_that_we_name_exists() -> None:
    """In what watches, in what runs on the host, in the pages."""
    named: set[str] = set()
    for folder, patterns in {"monitoring": ["**/*.py"], "userdata": ["**/*.py", "**/*.sh"], "docs": ["*.md"]}.items():
        for pattern in patterns:
            for path in (ROOT / folder).glob(pattern):
                named.update(re.findall(r"\bvllm:[a-z]+(?:_[a-z0-9]+)+\b", path.read_text()))
    bases = {re.sub(r"_(bucket|count|sum)$", "", name) for name in named}
    assert bases <= set(SNAPSHOT["metrics"]), bases - set(SNAPSHOT["metrics"])
