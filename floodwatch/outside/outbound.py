"""Requests to machines outside: http and https, to addresses that may be asked, within a limit.

The name is looked up once, every address is judged, and the connection goes to a judged one: a name
service that changes its answer gains nothing. Redirects are not followed.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from floodwatch.model.errors import FloodWatchError
from floodwatch.model.notification import Result, Sent
from floodwatch.outside.bounded import within
from floodwatch.outside.names import addresses

MOST = 65_536  # bytes of an answer that are read
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Forbidden(FloodWatchError):
    """An address that must not be asked."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Progress:
    """How far a request has come: before it is on its way, nothing can have happened by it."""

    on_its_way: bool = False
    sock: socket.socket | None = None


def checked(url: str) -> SplitResult:
    """The parts of an URL that may be used. Raises Forbidden."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Forbidden(f"not an URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Forbidden("the URL must begin with http:// or https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise Forbidden("the URL must not carry a user or password")
    if any(ord(c) <= 32 or ord(c) == 127 for c in url) or port == 0:
        raise Forbidden("the URL has characters that do not belong there")
    return parts


def permitted(address: str, allowed: Sequence[str]) -> bool:
    """Whether an address may be asked: public ones, and private ones of the `allowed` networks.

    Link-local addresses, where clouds keep their secrets, never.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        found = inner or found
    if found.is_link_local or found.is_multicast or found.is_unspecified:
        return False
    if any(found in ipaddress.ip_network(network, strict=False) for network in allowed):
        return True
    return found.is_global and not found.is_reserved


def ask(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str],
    seconds: float,
    allowed: Sequence[str] = (),
    context: ssl.SSLContext | None = None,
    progress: Progress | None = None,
    most: int = MOST,
) -> Reply:
    """The answer. Raises Forbidden, or OSError and HTTPException of the connection.

    `seconds` is for all of it, however slowly the other side speaks; of the body at most `most`
    bytes are read.
    """
    parts, done = checked(url), progress or Progress()

    def work() -> Reply:
        return _exchange(
            method, parts, body=body, headers=headers, seconds=seconds,
            allowed=allowed, context=context, done=done, most=most,
        )  # fmt: skip

    try:
        return within(seconds, work, name=f"ask-{parts.hostname}")
    finally:
        if done.sock is not None:
            _cut(done.sock)


def _exchange(
    method: str,
    parts: SplitResult,
    *,
    body: bytes | None,
    headers: Mapping[str, str],
    seconds: float,
    allowed: Sequence[str],
    context: ssl.SSLContext | None,
    done: Progress,
    most: int,
) -> Reply:
    host, tls = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    found = addresses(host, port, seconds=seconds)
    bad = [address for address in found if not permitted(address, allowed)]
    if bad or not found:
        raise Forbidden(f"{host} leads to {bad[0] if bad else 'nowhere'}, which may not be asked")
    sock = _connected(found, port, seconds)
    done.sock = sock
    if tls:
        made = context or ssl.create_default_context()
        sock = done.sock = made.wrap_socket(sock, server_hostname=host)
    line = http.client.HTTPConnection(host, port, timeout=seconds)
    line.sock = sock
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    done.on_its_way = True
    shown = f"[{host}]" if ":" in host else host
    named = {"Host": shown if parts.port is None else f"{shown}:{parts.port}"}
    line.request(method, target, body=body, headers={**named, **headers})
    answer = line.getresponse()
    reply = Reply(answer.status, answer.read(most), dict(answer.headers.items()))
    line.close()
    return reply


def _connected(found: Sequence[str], port: int, seconds: float) -> socket.socket:
    for address in found[:-1]:
        try:
            return socket.create_connection((address, port), timeout=seconds / len(found))
        except OSError:
            continue  # the next address of the host
    return socket.create_connection((found[-1], port), timeout=seconds)


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):  # it ended by itself
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()


def deliver(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    seconds: float,
    allowed: Sequence[str] = (),
    context: ssl.SSLContext | None = None,
) -> tuple[Result, Reply | None]:
    """POST a message, and what became of it: its Result, and the answer if there was one."""
    progress = Progress()
    try:
        reply = ask(
            "POST", url, body=body, headers=headers, seconds=seconds, allowed=allowed,
            context=context, progress=progress,
        )  # fmt: skip
    except Forbidden as error:
        return Result(Sent.PERMANENT, str(error)), None
    except (OSError, http.client.HTTPException, ValueError) as error:
        sent = Sent.UNKNOWN if progress.on_its_way else Sent.RETRY
        return Result(sent, _said(error)), None
    return Result(judged(reply.status), f"HTTP {reply.status}"), reply


def judged(status: int) -> Sent:
    """What a status says of a message."""
    if 200 <= status < 300:
        return Sent.ACCEPTED
    if status in (408, 409, 425, 429, 503) or 300 <= status < 400:
        return Sent.RETRY
    return Sent.UNKNOWN if status >= 500 else Sent.PERMANENT


def _said(error: Exception) -> str:
    words: Any = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(words).split())[:200]


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network a text names, None when it names none."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
