"""The picture's page from what a Prometheus answers; here one that knows two series."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import pytest

from tests.monitoring.boards import ASKED, alarms
from tools.charts import Span
from tools.dashboard_picture import Source, page

RATE = 'sum(rate(vllm:generation_tokens_total{job="vllm-dev"}[5m]))'
VALUES = [[0, "1"], [15, "NaN"], [30, "2.5"]]


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked = parse_qs(urlparse(self.path).query)
        assert {"query", "start", "end", "step"} == set(asked)
        found: list[dict[str, object]] = []
        if asked["query"] == [RATE]:
            found = [{"metric": {}, "values": VALUES}]
        if "ALERTS" in asked["query"][0]:
            found = [{"metric": {"alertname": "requests-waiting", "severity": "warning"}, "values": VALUES}]
        taken = "(" in asked["query"][0]
        body = json.dumps({"data": {"result": found}} if taken else {"error": "parse error"}).encode()
        self.send_response(200 if taken else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def source() -> Iterator[Source]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Source(base=f"http://127.0.0.1:{server.server_address[1]}", span=Span(start=0, end=60, gap=30), step_s=15)
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_prometheus_answers_is_drawn(source: Source) -> None:
    html, height = page(source, stack="dev", asked=ASKED, alarms=list(alarms()))
    assert html.count("<polyline") == 1
    assert "requests-waiting (warning)" in html
    assert html.index("Is it up?") < html.index("Is it slow?") < html.index("What does it cost?")
    assert "Launches are stopped" not in html  # which Prometheus does not know
    assert height > 1000


def test_a_value_that_is_no_number_is_no_point(source: Source) -> None:
    ((_, points),) = source.curves(RATE)
    assert points == [(0.0, 1.0), (30.0, 2.5)]


def test_a_refused_query_is_named(source: Source) -> None:
    with pytest.raises(ValueError, match=r"broken: .*parse error"):
        source.curves("broken")
