"""Tells systemd that the service is ready and alive, by plain datagrams."""

import contextlib
import os
import socket
from collections.abc import Mapping

ADDRESS = "NOTIFY_SOCKET"


def notify(state: str, *, environment: Mapping[str, str] = os.environ) -> bool:
    """Send a state such as READY=1 or WATCHDOG=1; whether anybody was there to hear it."""
    address = environment.get(ADDRESS, "")
    if address[:1] not in ("/", "@"):
        return False
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out,
    ):
        out.settimeout(1.0)
        out.sendto(state.encode(), address)
        return True
    return False
