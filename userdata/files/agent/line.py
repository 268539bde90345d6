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
    _doubted: bool = False

    def is_cut(self) -> bool:
        """Whether the server takes none any more, or has let go of two in a row.

        One says nothing: a server may let go of who is silent. Docker's proxy takes one for a server that is not there,
        and lets go of it by the next look.
        """
        try:
            if self._open is not None:
                self._open.recv(1)  # what comes can only be its end
                self.hang_up()
                if self._doubted:
                    self._doubted = False
                    return True
                self._doubted = True
            self._open = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_S)
            self._open.setblocking(False)
        except BlockingIOError:
            self._doubted = False
        except TimeoutError:
            pass
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
