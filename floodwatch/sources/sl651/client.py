"""Simulated stations: thousands of connections that report, wait for the answer and repeat."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.model.clock import MINUTE, Clock
from floodwatch.sources.sl651.encode import Group, Item, encode_body, encode_up, serial_of
from floodwatch.sources.sl651.frame import Frame
from floodwatch.sources.sl651.message import ADDITIONAL, HEARTBEAT, TIMED
from floodwatch.sources.sl651.scan import scan

SHANGHAI = ZoneInfo("Asia/Shanghai")
REPEATS = 2  # a station repeats an unanswered frame so often, with the same serial


class Report(NamedTuple):
    """A report on its way: what it says, and what came of it; `answered` is wall ms, 0: never."""

    station: str
    serial: int
    observed: int
    items: tuple[Item, ...]
    frame: bytes
    waited: float = 0.0  # seconds from the first sending to the answer
    sendings: int = 1
    answered: bool = False


@dataclass
class Station:
    """One simulated station over one TCP connection that it keeps, and opens again when it ends."""

    address: str
    clock: Clock
    station_class: str = "H"
    zone: ZoneInfo = SHANGHAI
    patience: float = 10.0  # seconds for an answer
    between: float = 2.0  # seconds before a connection that failed is tried again
    serial: int = 0
    connects: int = 0
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None
    _rest: bytes = b""

    def made(
        self, items: Sequence[Item], *, observed: int | None = None, function: int = TIMED
    ) -> Report:
        """The next report."""
        self.serial = self.serial % 0xFFFF + 1
        now = self.clock.wall()
        at = now // MINUTE * MINUTE if observed is None else observed
        group = Group(self.address, self.station_class, at, tuple(items))
        body = encode_body(self.serial, now, groups=[group], zone=self.zone)
        frame = encode_up(station=self.address, function=function, body=body)
        return Report(self.address, self.serial, at, tuple(items), frame)

    async def report(self, host: str, port: int, report: Report) -> Report:
        """Send it until it is answered, as often as a station may; OSError is its own to bear."""
        began = self.clock.monotonic()
        for sending in range(1, REPEATS + 2):
            try:
                await self._connect(host, port)
                await self._write(report.frame)
                async with asyncio.timeout(self.patience):
                    await self._answer(report.serial)
            except (OSError, EOFError, TimeoutError) as error:
                await self.hang_up()
                if sending <= REPEATS and not isinstance(error, TimeoutError):
                    await asyncio.sleep(self.between)
                continue
            waited = self.clock.monotonic() - began
            return report._replace(waited=waited, sendings=sending, answered=True)
        return report._replace(sendings=REPEATS + 1)

    async def beat(self, host: str, port: int) -> None:
        """A heartbeat: the last serial again, and no answer to wait for."""
        await self._connect(host, port)
        body = encode_body(self.serial, self.clock.wall(), groups=[], zone=self.zone)
        await self._write(encode_up(station=self.address, function=HEARTBEAT, body=body))

    async def hang_up(self) -> None:
        """End the connection."""
        writer, self._reader, self._writer, self._rest = self._writer, None, None, b""
        if writer is not None:
            writer.close()
            try:
                await writer.wait_closed()
            except OSError:
                return  # it had ended already

    async def _connect(self, host: str, port: int) -> None:
        if self._writer is None or self._writer.is_closing():
            await self.hang_up()
            self._reader, self._writer = await asyncio.open_connection(host, port)
            self.connects += 1

    async def _write(self, data: bytes) -> None:
        assert self._writer is not None  # noqa: S101 - connected by the caller
        self._writer.write(data)
        await self._writer.drain()

    async def _answer(self, serial: int) -> Frame:
        assert self._reader is not None  # noqa: S101 - connected by the caller
        while True:
            data = await self._reader.read(4096)
            if not data:
                raise EOFError
            found = scan(self._rest + data)
            self._rest = found.rest
            for frame in found.frames:
                if serial_of(frame) == serial:
                    return frame


@dataclass
class Fleet:
    """Many stations, each reporting every so many seconds at a phase of its own."""

    host: str
    port: int
    addresses: Sequence[str]
    clock: Clock
    every: float = 60.0
    seed: int = 6199
    made: Callable[[Station, random.Random], Report] = field(default_factory=lambda: water_and_rain)
    told: Callable[[Report], object] = lambda report: None
    ramp: float = 20.0  # seconds in which all connect
    between: float = 2.0

    async def run(self, seconds: float) -> None:
        """Until so many seconds after all are connected; `told` hears of each report."""
        chance = random.Random(self.seed)
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for number, address in enumerate(self.addresses):
                serial = chance.randrange(60_000)
                station = Station(address, self.clock, between=self.between, serial=serial)
                starts = began + self.ramp * number / max(1, len(self.addresses))
                own = random.Random(chance.random())
                group.create_task(self._live(station, starts, began + self.ramp + seconds, own))

    async def _live(
        self, station: Station, starts: float, ends: float, chance: random.Random
    ) -> None:
        loop = asyncio.get_running_loop()
        due = starts
        await asyncio.sleep(max(0.0, due - loop.time()))
        try:
            while loop.time() < ends:
                report = self.made(station, chance)
                self.told(await station.report(self.host, self.port, report))
                due += self.every
                await asyncio.sleep(max(0.0, min(due, ends) - loop.time()))
        finally:
            await station.hang_up()


def water_and_rain(station: Station, chance: random.Random) -> Report:
    """A report as most small stations send it: stage, rain of the day and in all, voltage."""
    level = round(95 + chance.random(), 3)
    rain = round(chance.random() * 5, 1)
    items: list[Item] = [("39", level), ("20", rain), ("26", 100 + rain), ("38", 12.4)]
    return station.made(items, function=ADDITIONAL)
