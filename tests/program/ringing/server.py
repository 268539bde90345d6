"""A vLLM that exports what the pinned one exports, with numbers that a test sets."""

from __future__ import annotations

import itertools
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from monitoring.contract import Contract, Exported

START = "process_start_time_seconds"
_OTHER = {"engine": "0", "model_name": "m"}

Labels = tuple[tuple[str, str], ...]


class FakeVllm:
    """Its names, kinds, labels and buckets are those of the contract; KeyError for a name that is not in it.

    ``renamed``: what a later vLLM might call a metric.
    """

    def __init__(self, contract: Contract, *, renamed: Mapping[str, str] | None = None) -> None:
        self._metrics = contract.metrics
        self._renamed = renamed or {}
        self._values: defaultdict[str, Counter[Labels]] = defaultdict(Counter)
        self._observed: defaultdict[str, Counter[float]] = defaultdict(Counter)
        self.answers = True
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def set(self, name: str, value: float) -> None:
        """A gauge."""
        for labels in _series(self._metrics[name]):
            self._values[name][labels] = value  # type: ignore[assignment]

    def count(self, name: str, more: float, **labels: str) -> None:
        """``more`` on a counter; without labels on its first series."""
        (first, *_) = [each for each in _series(self._metrics[name]) if set(labels.items()) <= set(each)]
        self._values[name][first] += more  # type: ignore[assignment]

    def observe(self, name: str, value: float, times: int) -> None:
        """``times`` values in the bucket that ``value`` falls into."""
        bound = min((bound for bound in self._metrics[name].buckets if value <= bound), default=float("inf"))
        self._observed[name][bound] += times

    def buckets(self, name: str) -> tuple[float, ...]:
        return self._metrics[name].buckets

    def text(self) -> str:
        families = (self._family(name, self._renamed.get(name, name)) for name in self._metrics)
        return "\n".join([f"# TYPE {START} gauge", f"{START} 1000.0", *itertools.chain.from_iterable(families), ""])

    def _family(self, name: str, shown_as: str) -> Iterator[str]:
        metric = self._metrics[name]
        yield f"# TYPE {shown_as} {metric.kind}"
        for labels in _series(metric):
            if metric.kind != "histogram":
                yield _line(shown_as, labels, self._values[name][labels])
                continue
            below = 0
            for bound in (*metric.buckets, float("inf")):
                below += self._observed[name][bound]
                shown = "+Inf" if bound == float("inf") else str(bound)
                yield _line(f"{shown_as}_bucket", (*labels, ("le", shown)), below)
            yield _line(f"{shown_as}_count", labels, below)


def _series(metric: Exported) -> list[Labels]:
    """One for each combination of the label values that the contract knows."""
    known: Mapping[str, tuple[str, ...]] = metric.values
    choices = [[(label, value) for value in known.get(label, (_OTHER.get(label, "x"),))] for label in metric.labels]
    return [tuple(each) for each in itertools.product(*choices)]


def _line(name: str, labels: Labels, value: float) -> str:
    inner = ",".join(f'{label}="{text}"' for label, text in labels)
    return f"{name}{{{inner}}} {float(value)}" if inner else f"{name} {float(value)}"


def _handler(vllm: FakeVllm) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = ('{"version": "0.32.0"}' if self.path == "/version" else vllm.text()).encode()
            self.send_response(200 if vllm.answers else 503)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nobody reads it."""

    return Handler
