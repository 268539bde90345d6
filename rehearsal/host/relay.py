"""Bytes from one local socket to another: a loopback port to a unix socket, or the other way."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread, current_thread

LOOPBACK = "127.0.0.1"
CHUNK_BYTES = 1 << 16
BACKLOG = 64


@dataclass(frozen=True, kw_only=True)
class Port:
    """A TCP port, of loopback unless another address of this machine is named; 0 when listening means any free one."""

    number: int = 0
    host: str = LOOPBACK


@contextmanager
def relay(*, listen: Port | Path, connect: Port | Path) -> Iterator[int]:
    """Relay while the block lasts; yields the port number that listens (0 for a unix socket)."""
    with _listening(listen) as listener:
        connections = _Connections(connect=connect)
        thread = Thread(target=_accept, args=(listener, connections), name="relay", daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1] if isinstance(listen, Port) else 0
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            thread.join()
            connections.close()
            if isinstance(listen, Path):
                listen.unlink(missing_ok=True)


class _Connections:
    """The pairs of sockets that bytes go between, each with two threads."""

    def __init__(self, *, connect: Port | Path) -> None:
        self._connect = connect
        self._lock = Lock()
        self._open: dict[Thread, tuple[socket.socket, ...]] = {}
        self._closed = False

    def add(self, near: socket.socket) -> None:
        thread = Thread(target=self._carry, args=(near,), daemon=True)
        with self._lock:
            self._open[thread] = (near,)
            thread.start()

    def close(self) -> None:
        """Cut every connection and wait for its threads."""
        with self._lock:
            self._closed = True
            threads = dict(self._open)
            for ends in threads.values():
                for end in ends:
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()

    def _carry(self, near: socket.socket) -> None:
        thread = current_thread()
        with near:
            # A caller sees a closed connection when nobody listens at the far end, as from a port that nobody has.
            with contextlib.suppress(OSError), _connected(self._connect) as far:
                with self._lock:
                    self._open[thread] = (near, far)
                    wanted = not self._closed
                if wanted:
                    _exchange(near, far)
            with self._lock:
                del self._open[thread]


def _exchange(near: socket.socket, far: socket.socket) -> None:
    back = Thread(target=_pump, args=(far, near), daemon=True)
    back.start()
    _pump(near, far)
    back.join()


def _accept(listener: socket.socket, connections: _Connections) -> None:
    with contextlib.suppress(OSError):  # the listener was shut down
        while True:
            connections.add(listener.accept()[0])


def _listening(address: Port | Path) -> socket.socket:
    if isinstance(address, Port):
        return socket.create_server((address.host, address.number), backlog=BACKLOG)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(address))
    listener.listen(BACKLOG)
    return listener


def _connected(address: Port | Path) -> socket.socket:
    if isinstance(address, Port):
        return socket.create_connection((address.host, address.number))
    far = socket.socket(socket.AF_UNIX)
    try:
        far.connect(str(address))
    except BaseException:
        far.close()
        raise
    return far


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Until the source ends; then the target hears that, and may still answer."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK_BYTES):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
