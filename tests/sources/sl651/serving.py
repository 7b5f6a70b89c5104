"""A telemetry server over real services, and a plain socket that speaks to it."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from floodwatch.bootstrap import Services, follow_folder, open_services
from floodwatch.bootstrap.telemetry import telemetry_server
from floodwatch.model.clock import SystemClock
from floodwatch.sources.sl651.encode import Group, Item, encode_body, encode_up
from floodwatch.sources.sl651.frame import End, Frame
from floodwatch.sources.sl651.message import TIMED
from floodwatch.sources.sl651.scan import scan
from floodwatch.sources.sl651.server import TelemetryServer
from floodwatch.sources.sl651.settings import Sl651Table
from floodwatch.sources.way import Way
from floodwatch.store import frames, pictures
from floodwatch.store.frames import Frame as Row
from tests.pipeline.town import FILES

ZONE = ZoneInfo("Asia/Shanghai")
RESERVOIR = "0061990001"
STRANGER = "0061999999"


@dataclass
class Served:
    """What a test works with."""

    services: Services
    way: Way
    server: TelemetryServer

    @property
    def counts(self) -> dict[str, int]:
        return self.server.attendant.counts

    def rows(self) -> list[Row]:
        """The raw frames kept, oldest first."""
        with self.services.database.read() as connection:
            return frames.listed(connection)[::-1]

    def stages(self, station: str = "61990001", variable: str = "stage") -> list[float]:
        """The values stored of a gauge, in order of time."""
        readings = self.services.readings
        found = readings.keys()
        keys = [key for key in found if (key.station, key.variable) == (station, variable)]
        return [float(v) for key in keys for v in readings.series(key, 0, 2**62).values]

    def picture(self, station: str = "61990001") -> tuple[pictures.Picture, bytes] | None:
        """The newest one and its data."""
        with self.services.database.read() as connection:
            found = pictures.newest(connection, station)
            data = pictures.data(connection, found.id) if found else None
        return (found, data[1]) if found and data else None


@contextmanager
def opened(folder: Path, *, sl651: str = "") -> Iterator[Services]:
    """Services over the town, whose reservoir's table `sl651` may be given."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    for name, text in FILES.items():
        line = f"sl651 = {sl651}\n" if sl651 else ""
        text = text.replace('name = "示范水库"\n', f'name = "示范水库"\n{line}')
        (config / name).write_text(text, "utf-8")
    services = open_services(config, folder / "data", migrate=True)
    with closing(services):
        follow_folder(services, who="test")
        yield services


@contextmanager
def served(folder: Path, *, sl651: str = "", **settings: object) -> Iterator[Served]:
    """A server on a free port of loopback."""
    table = Sl651Table.model_validate({"host": "127.0.0.1", "port": 0, **settings})
    with opened(folder, sl651=sl651) as services:
        way = Way("sl651", "sl651", services.submit, services.configuration.current)
        server = telemetry_server(services, table, way)
        server.start()
        try:
            yield Served(services, way, server)
        finally:
            server.stop()


def frame(
    serial: int,
    *items: Item,
    address: str = RESERVOIR,
    function: int = TIMED,
    at: int | None = None,
    observed: int | None = None,
    end: End = End.ETX,
    extra: bytes = b"",
) -> bytes:
    """A report in HEX/BCD; `at` is wall ms of sending."""
    now = SystemClock().wall() if at is None else at
    observed = now // 60_000 * 60_000 if observed is None else observed
    group = Group(address, "K", observed, items)
    body = encode_body(serial, now, groups=[group], zone=ZONE) + extra
    return encode_up(station=address, function=function, body=body, end=end)


class Line:
    """A TCP connection to the server."""

    def __init__(self, server: TelemetryServer, *, source: str = "") -> None:
        origin = (source, 0) if source else None
        self.socket = socket.create_connection(
            ("127.0.0.1", server.port), timeout=20, source_address=origin
        )
        self._rest = b""
        self._frames: list[Frame] = []

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> "Line":
        self.socket.sendall(data)
        return self

    def reply(self) -> Frame:
        """The next reply; EOFError when the server has hung up."""
        while not self._frames:
            data = self.socket.recv(4096)
            if not data:
                raise EOFError
            found = scan(self._rest + data)
            self._rest = found.rest
            self._frames += found.frames
        return self._frames.pop(0)

    def replies(self, count: int) -> Sequence[Frame]:
        return [self.reply() for _ in range(count)]

    def hung_up(self) -> bool:
        """Whether the server ends the connection."""
        try:
            while self.socket.recv(4096):
                pass
        except (ConnectionResetError, EOFError):
            return True
        except TimeoutError:
            return False
        return True
