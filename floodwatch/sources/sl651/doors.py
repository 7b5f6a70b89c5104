"""The doors of the telemetry server: sockets, who may come in, and room for the others."""

import fcntl
import ipaddress
import logging
import resource
import socket
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from floodwatch.sources.sl651.connection import Connection

log = logging.getLogger(__name__)

# Other parts of the process select(), which cannot see beyond 1023: stations stay out of there.
ABOVE = 1024
SPARE = 512  # descriptors beside the connections
BACKLOG = 1024
UNSENT = 32_768  # bytes of replies the kernel may hold for one station


def room_for(connections: int) -> int:
    """Raise this process's limit of open files as far as it may be; how many connections fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ABOVE + connections + SPARE
    if soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    fitting = max(16, min(connections, soft - ABOVE - SPARE if soft > 2 * ABOVE else soft // 2))
    if fitting < connections:
        log.warning("only %d stations can be connected: %d files may be open", fitting, soft)
    return fitting


def listening(host: str, port: int, *, udp: bool) -> tuple[socket.socket, socket.socket | None]:
    """The sockets of TCP and UDP on one port; OSError when it is taken."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    tcp = socket.create_server(address, family=family, backlog=BACKLOG)
    tcp.setblocking(False)
    if not udp:
        return tcp, None
    datagrams = socket.socket(family, socket.SOCK_DGRAM)
    try:
        datagrams.bind(tcp.getsockname())
        datagrams.setblocking(False)
    except OSError:
        tcp.close()
        datagrams.close()
        raise
    return tcp, datagrams


def lifted(accepted: socket.socket) -> socket.socket:
    """The same connection under a number that leaves the low ones to the rest of the process."""
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNSENT)
    try:
        number = fcntl.fcntl(accepted.fileno(), fcntl.F_DUPFD_CLOEXEC, ABOVE)
    except OSError:
        return accepted  # no such number is allowed here
    made = socket.socket(accepted.family, accepted.type, accepted.proto, fileno=number)
    accepted.close()
    made.setblocking(False)
    return made


class Doorkeeper:
    """Who is in, and who may come in. One address may hold only so many that proved nothing."""

    def __init__(self, *, most: int, per_address: int, networks: Iterable[str] = ()) -> None:
        self._most, self._per_address = most, per_address
        self._networks = [ipaddress.ip_network(each, strict=False) for each in networks]
        self.inside: set[Connection] = set()
        self._strangers: dict[Connection, None] = {}  # oldest first
        self._by_peer: Counter[str] = Counter()
        self._coming: Counter[str] = Counter()  # accepted, not yet joined

    def welcome(self, peer: str) -> bool:
        """Whether one more connection of this address is let in; the oldest stranger may go."""
        if not self.may_speak(peer):
            return False
        if self._by_peer[peer] + self._coming[peer] >= self._per_address:
            return False
        if len(self.inside) + self._coming.total() >= self._most:
            stranger = next(iter(self._strangers), None)
            if stranger is None:
                return False
            self.forget(stranger)
            stranger.close()
        self._coming[peer] += 1
        return True

    def may_speak(self, peer: str) -> bool:
        """Whether stations may be there."""
        if not self._networks:
            return True
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._networks)

    def arrived(self, peer: str) -> None:
        """One that was let in is in, or did not come after all."""
        self._coming[peer] -= 1
        if self._coming[peer] <= 0:
            del self._coming[peer]

    def joined(self, connection: Connection) -> None:
        """It is in, and has proved nothing yet."""
        self.inside.add(connection)
        self._strangers[connection] = None
        self._by_peer[connection.peer] += 1

    def proven(self, connection: Connection) -> None:
        """It showed a good frame of a station on the list."""
        if connection in self._strangers:
            del self._strangers[connection]
            self._leave_peer(connection.peer)

    def forget(self, connection: Connection) -> None:
        """It is gone."""
        if connection in self.inside:
            self.inside.discard(connection)
            self.proven(connection)

    def _leave_peer(self, peer: str) -> None:
        self._by_peer[peer] -= 1
        if self._by_peer[peer] <= 0:
            del self._by_peer[peer]
