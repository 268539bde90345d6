"""The two ends of an agent in a test: a page of metrics that it reads, and a workspace that it writes to."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """\
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 3
# TYPE vllm:time_to_first_token_seconds_created gauge
vllm:time_to_first_token_seconds_created{engine="0",model_name="m"} 1.7e9
# TYPE vllm_host_memory_used_ratio gauge
vllm_host_memory_used_ratio 0.25
# TYPE python_gc_collections_total counter
python_gc_collections_total{generation="0"} 12
"""


@dataclass(frozen=True, kw_only=True)
class Written:
    """One request to the workspace. ``body`` is as sent: compressed."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Ends:
    port: int
    written: queue.Queue[Written] = field(default_factory=queue.Queue)


@contextmanager
def both_ends() -> Iterator[Ends]:
    """Serves the page and takes what is written, on one port of loopback."""
    found: queue.Queue[Written] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.put(Written(path=self.path, headers=dict(self.headers), body=body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Ends(server.server_port, found)
        finally:
            server.shutdown()
            thread.join()


def decompressed(block: bytes) -> bytes:
    """Snappy's block format (github.com/google/snappy, format_description.txt): literals, and copies of what came."""
    length, at = _varint(block)
    out = bytearray()
    while at < len(block):
        tag, kind = block[at], block[at] & 3
        at += 1
        if kind == 0:
            size = tag >> 2
            if size >= 60:
                more = size - 59
                size = int.from_bytes(block[at : at + more], "little")
                at += more
            out += block[at : at + size + 1]
            at += size + 1
            continue
        size, width = ((tag >> 2) & 7) + 4 if kind == 1 else (tag >> 2) + 1, (1, 2, 4)[kind - 1]
        back = int.from_bytes(block[at : at + width], "little") | ((tag >> 5) << 8 if kind == 1 else 0)
        at += width
        for _ in range(size):
            out.append(out[-back])
    assert len(out) == length
    return bytes(out)


def _varint(block: bytes) -> tuple[int, int]:
    value = shift = at = 0
    while True:
        value |= (block[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if block[at - 1] < 0x80:
            return value, at
