"""A line to a server that can be cut, or fall silent: what networks do to sources."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.servers import free_port


class Line:
    """Listens on `port` and passes everything on to another one; cut at first."""

    def __init__(self, to: int) -> None:
        self.to, self.port = to, free_port()
        self.dumb = False  # takes connections and says nothing
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []

    def join(self) -> None:
        """Connections are possible."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Everything breaks off."""
        for each in (self._listener, *self._open):
            if each is not None:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
        self._listener, self._open = None, []

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                self._open.append(near)
                if self.dumb:
                    continue
                far = socket.create_connection(("127.0.0.1", self.to))
                self._open.append(far)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pass, args=(one, other), daemon=True).start()


def _pass(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    for each in (one, other):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def line(to: int) -> Iterator[Line]:
    """A line that is cut at the end."""
    made = Line(to)
    try:
        yield made
    finally:
        made.cut()
