"""A connection to the server on which nothing is ever said: a server that ends lets go of it. Its process, and with it
its unit, may take half a minute more to end."""

from __future__ import annotations

import socket
from dataclasses import dataclass

TIMEOUT_S = 0.2  # where the machine is too busy to say anything, nothing is known


@dataclass(kw_only=True)
class Line:
    port: int
    _open: socket.socket | None = None

    def is_cut(self) -> bool:
        """Whether the server has let go of it since the last look, or takes none. Docker's proxy takes one for a server
        that is not there, and lets go of it by the next look."""
        try:
            if self._open is None:
                self._open = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_S)
                self._open.setblocking(False)
            else:
                self._open.recv(1)  # what comes can only be its end
                self.hang_up()
                return True
        except (BlockingIOError, TimeoutError):
            return False
        except OSError:
            self.hang_up()
            return True
        return False

    def hang_up(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def __del__(self) -> None:
        self.hang_up()
