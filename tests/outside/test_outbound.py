"""Requests to outside: which addresses are asked, and that none lasts for ever."""

import socket
import threading
import time

import pytest

from floodwatch.model.notification import Result, Sent
from floodwatch.outside import names
from floodwatch.outside.bounded import Overrun, within
from floodwatch.outside.outbound import Forbidden, ask, checked, deliver, permitted
from tests.notify.http_server import site
from tests.notify.mail_server import bare_server

LOOPBACK = ["127.0.0.0/8"]


@pytest.mark.parametrize(
    ("address", "allowed", "expected"),
    [
        ("93.184.216.34", [], True),
        ("2606:2800:220:1::1", [], True),
        ("127.0.0.1", [], False),
        ("10.1.2.3", [], False),
        ("192.168.10.7", ["192.168.10.0/24"], True),
        ("192.168.11.7", ["192.168.10.0/24"], False),
        ("169.254.169.254", ["169.254.0.0/16"], False),
        ("fe80::1%eth0", ["fe80::/10"], False),
        ("::ffff:127.0.0.1", [], False),
        ("::ffff:169.254.169.254", ["::/0"], False),
        ("64:ff9b::7f00:1", [], False),
        ("64:ff9b::a9fe:a9fe", ["::/0"], False),
        ("2002:7f00:1::", [], False),
        ("::1", [], False),
        ("0.0.0.0", ["0.0.0.0/0"], False),
        ("224.0.0.1", ["0.0.0.0/0"], False),
        ("100.64.0.1", [], False),
        ("fd00::1", [], False),
        ("255.255.255.255", [], False),
    ],
)
def test_only_public_addresses_and_listed_private_ones_are_asked(
    address: str, allowed: list[str], expected: bool
) -> None:
    assert permitted(address, allowed) is expected


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "example.org/hook",
        "http://user@example.org/",
        "http://user:word@example.org/",
        "http://example.org/a b",
        "http://example.org/\r\nX: y",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://[::1/",
    ],
)
def test_an_url_that_is_none_or_carries_more_is_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        checked(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "2130706433", "localhost", "[::1]"])
def test_loopback_is_not_asked_however_it_is_written(host: str) -> None:
    with site() as found:
        result, reply = deliver(f"http://{host}:{found.port}/", body=b"", headers={}, seconds=5)
    assert (result.sent, reply, found.asked) == (Sent.PERMANENT, None, [])


def test_a_name_that_changes_its_answer_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [["93.184.216.34", "127.0.0.1"], ["127.0.0.1"]]
    monkeypatch.setattr(names, "_look_up", lambda host, port: answers.pop(0))
    with site() as found:
        result, _ = deliver(
            f"http://rebinding.example:{found.port}/", body=b"", headers={}, seconds=5
        )
    assert (result.sent, found.asked, len(answers)) == (Sent.PERMANENT, [], 1)


def test_the_name_is_kept_while_the_judged_address_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(names, "_look_up", lambda host, port: ["127.0.0.1"])
    with site() as found:
        url = f"http://hook.example:{found.port}/a?b=c"
        ask("POST", url, body=b"x", headers={}, seconds=5, allowed=LOOPBACK)
    assert found.asked[0].headers["Host"] == f"hook.example:{found.port}"
    assert (found.asked[0].path, found.asked[0].body) == ("/a?b=c", b"x")


def test_a_redirect_is_not_followed() -> None:
    with site(lambda _: (302, b"")) as found:
        found.headers["Location"] = "http://169.254.169.254/latest/meta-data/"
        result, _ = deliver(found.url, body=b"", headers={}, seconds=5, allowed=LOOPBACK)
    assert (result.sent, len(found.asked)) == (Sent.RETRY, 1)


def test_an_answer_without_end_is_left_within_the_limit() -> None:
    def drip(line: socket.socket) -> None:
        line.recv(4096)
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
        while True:  # until the other side leaves
            line.sendall(b"x")
            time.sleep(0.05)

    found: list[Result] = []

    def work() -> None:
        url = f"http://127.0.0.1:{port}/"
        found.append(deliver(url, body=b"", headers={}, seconds=0.5, allowed=LOOPBACK)[0])

    with bare_server(drip) as port:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(20)
    assert [result.sent for result in found] == [Sent.UNKNOWN]


def test_a_name_service_that_hangs_is_left_within_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    never = threading.Event()
    monkeypatch.setattr(names, "_look_up", lambda host, port: [str(never.wait(30))])
    with pytest.raises(OSError):
        names.addresses("drowned.example", 25, seconds=0.2)
    never.set()


def test_the_last_known_address_serves_while_the_name_service_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(names, "_look_up", lambda host, port: ["192.0.2.7"])
    assert names.addresses("mail.example", 25) == ["192.0.2.7"]

    def away(host: str, port: int) -> list[str]:
        raise OSError("away")

    monkeypatch.setattr(names, "_look_up", away)
    assert names.addresses("Mail.example", 25) == ["192.0.2.7"]
    with pytest.raises(OSError, match="away"):
        names.addresses("other.example", 25)


def test_what_a_bounded_call_raises_comes_out() -> None:
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)
    with pytest.raises(Overrun):
        within(0.05, lambda: time.sleep(1))
