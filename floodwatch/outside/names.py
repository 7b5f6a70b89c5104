"""Names of machines to addresses: bounded, and from memory while the name service is away."""

import logging
import socket
import threading

from floodwatch.outside.bounded import within

_log = logging.getLogger(__name__)

LOOKUP_S = 5.0
_known: dict[tuple[str, int], list[str]] = {}  # the last good answer; a name service may be drowned
_lock = threading.Lock()


def addresses(host: str, port: int, *, seconds: float = LOOKUP_S) -> list[str]:
    """The addresses of a host. Raises OSError when there is none and never was one."""
    key = host.lower(), port
    try:
        found = within(seconds, lambda: _look_up(host, port), name=f"look-up-{host}")
    except OSError:
        with _lock:
            remembered = _known.get(key)
        if remembered is None:
            raise
        _log.warning("the name %s cannot be looked up; its last known address is used", host)
        return list(remembered)
    with _lock:
        _known[key] = found
    return list(found)


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
