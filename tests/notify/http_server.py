"""A real HTTP server on loopback that keeps what it is asked and answers as it is told."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG, CUT = "hang", "cut"


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Answer = tuple[int, bytes] | str  # status and body, or HANG, or CUT


@dataclass
class Site:
    """Where the server is and what it was asked."""

    port: int = 0
    answer: Callable[[Asked], Answer] = lambda asked: (200, b"{}")
    asked: list[Asked] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    ending: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def site(answer: Callable[[Asked], Answer] | None = None) -> Iterator[Site]:
    """A server with these answers."""
    found = Site()
    if answer:
        found.answer = answer

    class Speaker(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, dict(self.headers.items()), body)
            found.asked.append(asked)
            said = found.answer(asked)
            self.close_connection = True
            if said == HANG:
                found.ending.wait(30)
            if isinstance(said, str):
                return
            self.send_response(said[0])
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said[1])))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(said[1])

        do_POST = do_GET = _take  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Clients that leave are part of the tests."""

    with Quiet(("127.0.0.1", 0), Speaker) as server:
        found.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield found
        finally:
            found.ending.set()
            server.shutdown()
            thread.join()
