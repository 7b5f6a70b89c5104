"""[[sources.http]]: asks a service for what is new. Killed at any moment, it asks again.

From the newest reading that is stored, less the overlap; what was handed in and has not changed is
not handed in again.
"""

import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from floodwatch.model.clock import SECOND
from floodwatch.model.errors import Refused
from floodwatch.model.reading import RawReading
from floodwatch.outside.secret import secret
from floodwatch.sources import http_presets
from floodwatch.sources.http_fetch import Busy, Known, Patience, Request, fetch
from floodwatch.sources.http_rows import Found, read, rows_of, written
from floodwatch.sources.http_settings import HttpTable
from floodwatch.sources.target import variable_name
from floodwatch.sources.way import Way

SITES = 100  # in one question


class _Question(NamedTuple):
    """One URL, for one site or for several; `key`: by what it is remembered."""

    key: str
    url: str
    site: str


class HttpPoll:
    """One service."""

    def __init__(
        self, settings: HttpTable, way: Way, *, environment: Mapping[str, str] = os.environ
    ) -> None:
        self.every = settings.every
        self._settings, self._way = settings, way
        self._secret = _secret(settings, environment)
        header = settings.auth_header
        self._request = Request(
            headers={"Accept": settings.accept or _ACCEPT[settings.format]},
            secret_header=(header, self._secret) if header else None,
            allowed=settings.allow,
            seconds=min(settings.timeout, 0.8 * settings.every) / SECOND,
            largest=settings.largest,
        )
        given = way.cursor if isinstance(way.cursor, dict) else {}
        self._newest = {str(key): int(at) for key, at in given.get("newest", {}).items()}
        self._known, self._patience = Known(), Patience(settings.every)
        self._seen: dict[str, set[RawReading]] = {}
        self._first = 0  # the question with which a poll begins: one that was cut short goes on

    def poll(self) -> bool:
        """Ask every question once; False while the other side wants to be left alone."""
        clock = self._way.clock
        if self._patience.waits(clock.monotonic()):
            return False
        end = clock.monotonic() + 0.8 * self.every / SECOND
        questions = list(self._questions())
        failed: Refused | None = None
        for number in range(len(questions)):
            place = (self._first + number) % len(questions)
            if self._way.stopping.is_set() or clock.monotonic() >= end:
                self._first = place
                break
            try:
                self._ask(questions[place])
            except Busy as error:
                self._patience.failed(clock.monotonic(), error.seconds)
                raise
            except Refused as error:
                failed = failed or error
        if failed is not None:
            self._patience.failed(clock.monotonic())
            raise failed
        self._patience.worked()
        return True

    def _questions(self) -> Iterator[_Question]:
        settings, address = self._settings, self._settings.address
        if "{site}" in address:
            for site in settings.sites:
                yield _Question(site, self._filled(address, site, site), site)
            return
        step = SITES if "{sites}" in address else max(1, len(settings.sites))
        for start in range(0, max(1, len(settings.sites)), step):
            sites = settings.sites[start : start + step]
            key = f"{start}" if start else ""
            yield _Question(key, self._filled(address, key, ",".join(sites)), "")

    def _filled(self, address: str, key: str, sites: str) -> str:
        settings, now = self._settings, self._way.now()
        zone = ZoneInfo(settings.tz) if settings.tz else self._way.district().tz
        known = self._newest.get(key)
        since = now - settings.since if known is None else max(
            known - settings.overlap, now - settings.since
        )  # fmt: skip
        places = {
            "since": written(since, settings.since_format, zone),
            "until": written(now, settings.since_format, zone),
            "site": sites,
            "sites": sites,
            "parameters": ",".join(c for c, text in http_presets.USGS_CODES.items() if text),
            "secret": self._secret,
        }
        for name, value in places.items():
            address = address.replace(f"{{{name}}}", quote(value, safe=",:"))
        return address

    def _ask(self, question: _Question) -> None:
        reply = fetch(question.url, self._request, self._known, now=self._way.now())
        if reply is None:
            return
        found = self._read(reply.body, question.site)
        before = self._seen.get(question.key, set())
        new = [reading for reading in found.readings if reading not in before]
        if new:
            self._way.submit(new)
        for refusal in dict.fromkeys(found.refused):
            self._way.refused(*refusal, count=found.refused.count(refusal))
        self._seen[question.key] = set(found.readings)
        self._known.keep(question.url, reply)
        self._move(question.key, found.readings)

    def _read(self, body: bytes, site: str) -> Found:
        if not self._settings.preset:
            return read(rows_of(body, self._settings), self._settings, self._way.district(),
                        site=site)  # fmt: skip
        found = http_presets.ea(body) if self._settings.preset == "ea" else http_presets.usgs(body)
        return Found(list(self._measured(found)), found.refused)

    def _measured(self, found: Found) -> Iterator[RawReading]:
        """What this district measures: a public station tells more than was asked for."""
        district = self._way.district()
        strange = set()
        for reading in found.readings:
            station = district.stations.get(district.codes.get(reading.station, ""))
            if station is None:
                strange.add(reading.station)
            elif reading.variable in {g.source or g.variable for g in station.gauges}:
                yield reading
        for name in sorted(strange):
            self._way.refused(name, "unknown station: add the number to a station's aliases")

    def _move(self, key: str, readings: list[RawReading]) -> None:
        now = self._way.now()
        times = [reading.time for reading in readings if reading.time <= now]
        if not times or max(times) <= self._newest.get(key, 0):
            return
        self._newest[key] = max(times)
        self._way.goes_on({"newest": dict(self._newest)})


_ACCEPT = {"json": "application/json", "csv": "text/csv"}


def _secret(settings: HttpTable, environment: Mapping[str, str]) -> str:
    """Raises Refused when one is wanted and there is none."""
    if settings.auth_header is None and "{secret}" not in settings.address:
        return ""
    return secret(environment, variable_name(settings.name, "http", "secret"))
