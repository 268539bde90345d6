"""Bytes from one local socket to another: a loopback port to a unix socket, or the other way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Port:
    """A TCP port of loopback; 0 when listening means any free one."""

    number: int = 0


@contextmanager
def relay(*, listen: Port | Path, connect: Port | Path) -> Iterator[int]:
    """Relay while the block lasts; yields the port number that listens (0 for a unix socket)."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="relay", daemon=True)
    thread.start()
    ends = _Ends(connect=connect)
    try:
        number = asyncio.run_coroutine_threadsafe(ends.open(listen), loop).result()
        yield number
    finally:
        asyncio.run_coroutine_threadsafe(ends.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        if isinstance(listen, Path):
            listen.unlink(missing_ok=True)


class _Ends:
    """One listening socket and its connections. Lives in the loop's thread."""

    def __init__(self, *, connect: Port | Path) -> None:
        self._connect = connect
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()  # the loop itself holds its tasks only weakly

    async def open(self, listen: Port | Path) -> int:
        if isinstance(listen, Path):
            self._server = await asyncio.start_unix_server(self._accepted, path=listen)
            return 0
        self._server = await asyncio.start_server(self._accepted, host=LOOPBACK, port=listen.number)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Cancel every connection, so that none outlives the loop."""
        if self._server is not None:
            self._server.close()
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._carry(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await _open(self._connect)
        except OSError:  # nobody listens there yet: the caller sees a closed connection, as from a port nobody has
            writer.close()
            return
        try:
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            writer.close()
            far_writer.close()


async def _open(target: Port | Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(target, Port):
        return await asyncio.open_connection(host=LOOPBACK, port=target.number)
    return await asyncio.open_unix_connection(path=target)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(1 << 16):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()
