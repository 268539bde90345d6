"""What connects a host without a network to this machine: servers and relays on unix sockets."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.host.relay import Port, relay
from rehearsal.host.web import Answer, Request, serve
from tests.rehearsal.host.sockets import short_folder


@pytest.fixture
def world() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


def echo(request: Request) -> Answer:
    if request.path == "/file":
        return Answer(body=Path(request.query["name"]))
    text = f"{request.method} {request.path} {request.query.get('q', '')} {request.headers.get('x-token', '')}"
    return Answer(status=201, headers={"X-Answer": "yes"}, body=text)


def get(port: int, path: str, *, method: str = "GET") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={"X-Token": "secret"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_a_request_gets_through_a_loopback_port_to_a_server_on_a_socket(world: Path) -> None:
    with serve(respond=echo, socket=world / "s"), relay(listen=Port(), connect=world / "s") as port:
        assert get(port, "/a%20b?q=1") == (201, "GET /a b 1 secret")
        assert get(port, "/a", method="HEAD") == (201, "")


def test_and_through_a_second_socket(world: Path) -> None:
    with (
        serve(respond=echo, socket=world / "s"),
        relay(listen=Port(), connect=world / "s") as inner,
        relay(listen=world / "t", connect=Port(number=inner)),
        relay(listen=Port(), connect=world / "t") as outer,
    ):
        assert get(outer, "/a")[0] == 201


def test_a_file_is_streamed(world: Path) -> None:
    (world / "big").write_bytes(b"x" * 3_000_000)
    with serve(respond=echo, socket=world / "s"), relay(listen=Port(), connect=world / "s") as port:
        assert len(get(port, f"/file?name={world / 'big'}")[1]) == 3_000_000


def test_a_relay_to_nobody_closes_the_connection(world: Path) -> None:
    with (
        relay(listen=Port(), connect=world / "nobody") as port,
        pytest.raises((http.client.RemoteDisconnected, ConnectionError)),
    ):
        get(port, "/")


def test_a_relay_ends_with_open_connections_and_leaves_no_socket(world: Path) -> None:
    with serve(respond=echo, socket=world / "s"):
        with relay(listen=world / "t", connect=world / "s"):
            client = socket.socket(socket.AF_UNIX)
            client.connect(str(world / "t"))
        assert client.recv(1) == b""
        client.close()
    assert list(world.iterdir()) == []
