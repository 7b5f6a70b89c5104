"""A pushing device keeps its connection, also when it is answered without a body."""

import socket
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from flask import Flask

from floodwatch.bootstrap.processes import Listener, bind
from floodwatch.web.push_app import create_push_app
from floodwatch.web.server import WebServer
from tests.web.conftest import Room
from tests.web.small_district import RESERVOIR
from tests.web.test_api import token

LINE = f"gauges,station={RESERVOIR} stage=104.7 1781730000000000000"


@pytest.fixture(params=["the port for devices", "the pages", "the pages on all addresses"])
def port(request: pytest.FixtureRequest, app: Flask, room: Room) -> Iterator[int]:
    """Of a server that takes readings."""
    server: Listener | WebServer
    if request.param == "the port for devices":
        server = Listener(create_push_app(room), bind("127.0.0.1", 0))
    else:
        host = "127.0.0.1" if request.param == "the pages" else "localhost"
        server = WebServer(app, host=host, port=0)
    server.start()
    yield server.port
    server.stop()


def post(connection: HTTPConnection, header: dict[str, str], **more: str) -> tuple[int, bytes]:
    connection.request("POST", "/write", LINE, header | more)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_three_posts_go_over_one_connection(port: int, room: Room) -> None:
    connection, header = HTTPConnection("127.0.0.1", port, timeout=20), token(room)
    connection.connect()
    first = connection.sock
    for _ in range(3):
        assert post(connection, header) == (204, b"")
        assert connection.sock is first
    connection.request("GET", "/ping")
    assert connection.getresponse().read() == b""
    assert connection.sock is first
    assert len(room.batches) == 3
    connection.close()


def test_who_asks_for_the_end_of_the_connection_has_it(port: int, room: Room) -> None:
    connection, header = HTTPConnection("127.0.0.1", port, timeout=20), token(room)
    assert post(connection, header, Connection="close") == (204, b"")
    assert connection.sock is None
    connection.close()


def test_an_old_client_that_reads_to_the_end_is_not_kept_waiting(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as old:
        old.sendall(b"GET /ping HTTP/1.0\r\n\r\n")
        whole = b"".join(iter(lambda: old.recv(4096), b""))
    assert whole.startswith(b"HTTP/1.0 204")
