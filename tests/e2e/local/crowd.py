"""Clients that all want an answer at once, and another one when they have it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from tests.e2e.local.stand import Answer, Stand

TOKENS = 64


@contextmanager
def crowd(stand: Stand, *, key: str, size: int) -> Iterator[list[Answer]]:
    """While the block lasts; yields the answers, which are complete after it."""
    model = stand.engine.outputs()["model"]
    body = {"model": model, "prompt": "Once", "max_tokens": TOKENS, "ignore_eos": True}
    enough, answers = Event(), list[Answer]()

    def ask() -> None:
        while not enough.is_set():
            answers.append(stand.ask("/v1/completions", key=key, body=body))

    clients = [Thread(target=ask, name=f"client-{number}", daemon=True) for number in range(size)]
    for client in clients:
        client.start()
    try:
        yield answers
    finally:
        enough.set()
        for client in clients:
            client.join()
