"""The port for Prometheus and the port of vLLM, over real sockets."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.userdata.aws_call.service import CLOSED, Answer, Asked, answering
from userdata.files.publisher.exporter import AT_ONCE, Exporter
from userdata.files.publisher.scrape import Vllm


@contextmanager
def exporting(text: Callable[[], str]) -> Iterator[str]:
    exporter = Exporter(("127.0.0.1", 0), text)
    exporter.start(poll_s=0.01)
    try:
        yield f"http://127.0.0.1:{exporter.server_address[1]}"
    finally:
        exporter.shutdown()
        exporter.server_close()


def get(url: str) -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def test_metrics_are_served_as_prometheus_wants_them() -> None:
    with exporting(lambda: "a 1\n") as address:
        assert get(f"{address}/metrics") == (200, "text/plain; version=0.0.4; charset=utf-8", "a 1\n")
        assert get(f"{address}/metrics?collect=all")[0] == 200


@pytest.mark.parametrize("path", ["/", "/v1/models", "/metrics/", "/metricsx"])
def test_nothing_else_is_served(path: str) -> None:
    with exporting(lambda: "a 1\n") as address:
        assert get(address + path)[0] == 404


def test_nothing_can_be_sent() -> None:
    request = urllib.request.Request("http://x/metrics", data=b"x", method="POST")
    with exporting(lambda: "a 1\n") as address:
        request.full_url = f"{address}/metrics"
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=30)
        caught.value.close()
    assert caught.value.code == 501


def test_many_who_ask_a_hung_server_do_not_pile_up() -> None:
    inside, go_on = threading.Semaphore(0), threading.Event()

    def text() -> str:
        inside.release()
        go_on.wait(30)
        return "a 1\n"

    answers: list[int] = []
    with exporting(text) as address:
        askers = [threading.Thread(target=lambda: answers.append(get(f"{address}/metrics")[0])) for _ in range(AT_ONCE)]
        for asker in askers:
            asker.start()
        for _ in askers:
            assert inside.acquire(timeout=30)
        assert get(f"{address}/metrics")[0] == 503
        go_on.set()
        for asker in askers:
            asker.join()
    assert answers == [200] * AT_ONCE


def vllm_at(address: str, *, clock_s: list[float]) -> Vllm:
    return Vllm(port=int(address.rpartition(":")[2]), clock=lambda: clock_s[0])


def test_an_answer_serves_all_who_ask_within_a_second() -> None:
    asked: list[Asked] = []

    def answer(request: Asked) -> Answer:
        asked.append(request)
        return Answer(body=f"a {len(asked)}\n")

    clock_s = [100.0]
    with answering(answer) as address:
        vllm = vllm_at(address, clock_s=clock_s)
        assert [vllm.metrics(), vllm.metrics()] == ["a 1\n", "a 1\n"]
        clock_s[0] += 1
        assert vllm.metrics() == "a 2\n"
    assert {(request.method, request.path) for request in asked} == {("GET", "/metrics")}


@pytest.mark.parametrize("trouble", [Answer(status=500), Answer(status=CLOSED), Answer(status=404)])
def test_a_server_in_trouble_says_nothing(trouble: Answer) -> None:
    with answering(lambda _: trouble) as address:
        vllm = vllm_at(address, clock_s=[0.0])
        assert vllm.metrics() is None
        assert vllm.version() is None


def test_a_server_that_is_not_there_says_nothing() -> None:
    assert Vllm(port=9).metrics() is None


@pytest.mark.parametrize(
    ("body", "version"), [('{"version": "0.32.0"}', "0.32.0"), ("{}", None), ("[]", None), ("<html>", None)]
)
def test_the_version_is_what_the_server_says(body: str, version: str | None) -> None:
    with answering(lambda _: Answer(body=body)) as address:
        assert vllm_at(address, clock_s=[0.0]).version() == version
