"""The real vLLM behind a real reverse proxy with the paths of the load balancer: what clients reach, and what not; and
what `ops smoke` and `ops bench` say of it, here because another load of vLLM takes a minute."""

from __future__ import annotations

import base64
import json
import socket
import struct
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.paths import FORWARDED_PATHS, NOT_FORWARDED, NOT_FOUND
from rehearsal.host.cpu_vllm import missing
from tests.e2e.support import need
from tests.e2e.vllm.day_two import Person
from tests.e2e.vllm.server import KEY, MAX_NUM_SEQS, MODEL, Answer, Endpoint, endpoint

pytestmark = pytest.mark.e2e

METADATA = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
CHAT = [{"role": "user", "content": "Hello"}]
WORKS: Mapping[str, Mapping[str, Any] | None] = {
    "/v1/chat/completions": {"model": MODEL, "messages": CHAT, "max_tokens": 4},
    "/v1/completions": {"model": MODEL, "prompt": "Hello", "max_tokens": 4},
    "/v1/models": None,
    "/v1/messages": {"model": MODEL, "messages": CHAT, "max_tokens": 4},
    "/v1/messages/count_tokens": {"model": MODEL, "messages": CHAT},
    "/v1/responses": {"model": MODEL, "input": "Hello", "max_output_tokens": 4},
}
"""A request to each offered path that a model of text and images answers; a GET where there is no body."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    need(missing() is None, str(missing()))
    with endpoint(tmp_path_factory.mktemp("endpoint")) as found:
        yield found


def elsewhere(running: Endpoint) -> list[tuple[str, str]]:
    """Each method of each route that is not offered."""
    return [
        (method, path) for path, methods in running.routes.items() if path not in FORWARDED_PATHS for method in methods
    ]


def test_every_route_of_vllm_is_either_offered_or_left_out(running: Endpoint, seen: Any) -> None:
    routes = running.routes
    count = sum(len(set(methods) - {"HEAD"}) for methods in routes.values())
    assert count == 35
    v1 = {path for path in routes if path.startswith("/v1/")}
    assert v1 <= {*FORWARDED_PATHS, *NOT_FORWARDED}
    assert set(WORKS) == v1 & set(FORWARDED_PATHS)
    seen(f"{count} routes in vLLM's log, {len(WORKS)} offered, {len(elsewhere(running))} methods of others refused")


@pytest.mark.parametrize("path", WORKS)
def test_an_offered_path_works_with_a_key(running: Endpoint, path: str) -> None:
    answer = running.ask(path, body=WORKS[path])
    assert answer.status == 200, answer.body


@pytest.mark.parametrize("key", [None, "sk-wrong", ""])
@pytest.mark.parametrize("path", FORWARDED_PATHS)
def test_no_offered_path_works_without_a_key(running: Endpoint, path: str, key: str | None) -> None:
    """Also those that this model does not have: the key is asked for first."""
    assert running.ask(path, body=WORKS.get(path) or {}, key=key).status == 401


def test_every_other_route_is_not_there_whatever_the_key(running: Endpoint) -> None:
    reached = []
    for method, path in elsewhere(running):
        for place in (path.replace("{", "").replace("}", ""), f"{path}/", f"/v1/models/../..{path}"):
            answer = running.ask(place, method=method)
            if (answer.status, answer.body) != (404, "" if method == "HEAD" else NOT_FOUND):
                reached.append((method, place, answer))
    assert reached == []


@pytest.mark.parametrize("path", ["/metrics", "/version", "/openapi.json", "/load"])
def test_vllm_itself_gives_these_to_anyone(running: Endpoint, path: str) -> None:
    """Which is why the list is of what is offered, and why hosts take requests from the load balancer alone."""
    if path not in running.routes:
        pytest.skip(f"this release has no {path}")
    assert running.ask(path, key=None, port=running.server).status == 200


def png() -> str:
    """One grey pixel, as a data: URL."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\x80\x80\x80")),
        (b"IEND", b""),
    )
    image = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)
    return f"data:image/png;base64,{base64.b64encode(image).decode()}"


def with_image(running: Endpoint, path: str, url: str) -> Answer:
    """A request with an image at that address, in the words of each API."""
    text = {"type": "text", "text": "<image>"}
    content: dict[str, list[dict[str, Any]]] = {
        "/v1/chat/completions": [{"type": "image_url", "image_url": {"url": url}}, text],
        "/v1/messages": [{"type": "image", "source": {"type": "url", "url": url}}, text],
        "/v1/responses": [
            {"type": "input_image", "image_url": url, "detail": "auto"},
            {"type": "input_text", "text": "<image>"},
        ],
    }
    said = [{"role": "user", "content": content[path]}]
    asked = {"input": said} if path == "/v1/responses" else {"messages": said, "max_tokens": 4}
    return running.ask(path, body={"model": MODEL, **asked})


@contextmanager
def listening() -> Iterator[tuple[int, list[str]]]:
    """A port of this machine, and who has come to it."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                came.append(str(address))
                connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


IMAGE_PATHS = ("/v1/chat/completions", "/v1/messages", "/v1/responses")


def test_an_image_inside_a_request_is_read(running: Endpoint) -> None:
    """So that the refusals below are not of images as such."""
    answer = with_image(running, "/v1/chat/completions", png())
    assert answer.status == 200, answer.body


@pytest.mark.parametrize("path", IMAGE_PATHS)
def test_no_request_makes_the_host_ask_for_its_own_keys(running: Endpoint, path: str) -> None:
    answer = with_image(running, path, METADATA)
    assert answer.status == 400, answer.body
    assert "must be from one of the allowed domains" in answer.body


@pytest.mark.parametrize("path", IMAGE_PATHS)
def test_nor_look_at_any_other_place_or_file(running: Endpoint, path: str) -> None:
    with listening() as (port, came):
        for url in (
            f"http://127.0.0.1:{port}/a.png",
            f"http://media-by-url.invalid@127.0.0.1:{port}/",
            "file:///etc/passwd",
        ):
            answer = with_image(running, path, url)
            assert answer.status in (400, 500), answer.body  # 500 for a file, and no file
            assert "must be from one of" in answer.body or "Cannot load local files" in answer.body
        assert came == []


@pytest.fixture
def person(running: Endpoint, tmp_path: Path) -> Person:
    return Person.at(running, tmp_path)


def test_smoke_passes_through_the_front(person: Person, seen: Any) -> None:
    done = person.ops("smoke", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0, document
    assert len(document["checks"]) == 9
    assert {each["name"] for each in document["skipped"]} == {"tool call", "metrics move"}
    seen(", ".join(f"{check['name']} {check['duration_s']:.2f} s" for check in document["checks"]))


def test_smoke_of_the_server_itself_sees_its_count_of_tokens_grow(person: Person) -> None:
    done = person.ops("smoke", "--direct", direct=True)
    lines = {line[7:].split(" (")[0]: line for line in done.stdout.splitlines()}
    assert done.returncode == 0, done.stdout
    assert lines["metrics move"].startswith("ok     ")


def test_smoke_says_of_a_model_that_cannot_call_a_tool_that_it_does_not(person: Person) -> None:
    """The stack file asks for a parser and the server has one, but random weights write no call that ends."""
    file = person.folder / "Pulumi.bench.yaml"
    parser = "extraArgs: {enable-auto-tool-choice: true, tool-call-parser: hermes}, "
    file.write_text(file.read_text().replace("serving: {", f"serving: {{{parser}"))
    failed = [line for line in person.ops("smoke").stdout.splitlines() if line.startswith("FAILED")]
    assert [line.partition("): ")[2] for line in failed] == ["no call of switch_light, also when told to"]


def test_smoke_names_what_is_open_where_nothing_stands_before_the_server(person: Person, running: Endpoint) -> None:
    bare = replace(person, endpoint=replace(running, front=running.server))
    failed = [line for line in bare.ops("smoke").stdout.splitlines() if line.startswith("FAILED")]
    assert [line[7:].split(" (")[0] for line in failed] == ["hidden path", "other hidden paths"]


def test_bench_measures_where_requests_begin_to_wait(person: Person, seen: Any) -> None:
    levels = (1, MAX_NUM_SEQS, 3 * MAX_NUM_SEQS)
    done = person.ops(
        *("bench", "--json", "--plot", "curves.svg", "--concurrency", ",".join(map(str, levels))),
        *("--prompt-tokens", "64", "--answer-tokens", "48", "--requests", "24"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(done.stdout)
    assert [level["answered"] for level in document["levels"]] == [24] * 3
    assert [level["answer_tokens"] for level in document["levels"]] == [48] * 3
    assert all(abs(level["prompt_tokens"] - 64) <= 6 for level in document["levels"])
    assert [level["queues"] for level in document["levels"]] == [False, False, True]
    assert document["comparison"][0]["verdict"] == "as planned"
    assert (person.folder / "curves.svg").read_text().startswith("<svg")
    assert KEY not in done.stdout + done.stderr
    seen("; ".join(f"{level['target']:g}: {level['tokens_per_s']:.0f} tokens/s" for level in document["levels"]))


def test_the_key_is_in_nothing_that_vllm_writes(running: Endpoint) -> None:
    assert KEY not in running.log.read_text(errors="replace")
