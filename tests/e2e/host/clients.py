"""Runs in the host, by its Python alone: as many clients as are asked for, each with one streamed request.

    python3 clients.py MODEL TOKENS < key and counts

The first line of standard input is the API key, each further one a number of clients to start. Standard output has a
JSON line for each request that the server accepts and for each that ends. Times are of the monotonic clock, which all
processes of a machine share.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from threading import Lock, Thread

TIMEOUT_S = 400.0
_printing = Lock()


def tell(**event: object) -> None:
    with _printing:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()


def ask(*, model: str, tokens: int, key: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=TIMEOUT_S)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    body = {
        "model": model,
        "prompt": "Hello",
        "max_tokens": tokens,
        "ignore_eos": True,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    status, counted, last, before = 0, 0, b"", b""
    try:
        connection.request("POST", "/v1/completions", body=json.dumps(body), headers=headers)
        response = connection.getresponse()
        status = response.status
        if status == http.HTTPStatus.OK:
            tell(event="accepted")
        for line in response:
            if line.startswith(b"data: "):  # and not one that only keeps the connection alive
                before, last = last, line.strip()
            if b'"usage":{' in line:
                counted = json.loads(line[len(b"data: ") :])["usage"]["completion_tokens"]
    except (OSError, http.client.HTTPException):
        last = b""
    complete = last == b"data: [DONE]"
    said = before[-200:].decode(errors="replace")
    tell(event="ended", status=status, complete=complete, tokens=counted, said=said, ended_at=time.monotonic())


def main() -> None:
    model, tokens = sys.argv[1], int(sys.argv[2])
    key = sys.stdin.readline().strip()
    for line in sys.stdin:
        for _ in range(int(line)):
            Thread(target=ask, kwargs={"model": model, "tokens": tokens, "key": key}).start()


if __name__ == "__main__":
    main()
