"""A server that takes line protocol: what is asked of it, and what its refusals mean."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from floodwatch.hydrology.series import Series
from floodwatch.model.errors import FloodWatchError
from floodwatch.model.reading import SeriesKey
from floodwatch.outside.secret import known, secret
from floodwatch.store.influx.settings import PASSWORD, TOKEN, InfluxTable


class Away(FloodWatchError):
    """It did not answer, or could not take anything now: the same again later."""

    def __init__(self, what: str, *, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait  # seconds, when the server said so


class Misconfigured(FloodWatchError):
    """It answers, but not to us: wrong secret, no such bucket or database, no InfluxQL."""


class LinesRefused(FloodWatchError):
    """Some of these lines it will never take; others of them may be stored already."""


class Server(Protocol):
    """What the mirror needs. All raise Away or Misconfigured."""

    def write(self, lines: Sequence[str]) -> None:
        """Store lines, or raise LinesRefused."""
        ...

    def delete(self, key: SeriesKey, start: int, end: int) -> None:
        """Delete the readings of a series with start <= time <= end (ms)."""
        ...

    def read(self, key: SeriesKey, start: int, end: int) -> Series:
        """The readings with start <= time <= end (ms)."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


def server(table: InfluxTable, environment: Mapping[str, str]) -> Server:
    """The server of these settings. Raises Refused when its secret is missing."""
    # loaded only where there is such a server: the clients take half a second
    from floodwatch.store.influx.clients import V1, V2

    if table.api == "v2":
        return V2(table, secret(environment, TOKEN))
    given = known(environment, PASSWORD)
    return V1(table, secret(environment, PASSWORD) if given or table.user else "")


def fault(status: int, what: str, wait: str = "") -> FloodWatchError:
    """What an answer that is no success means for what was sent."""
    if status in (400, 413, 422):
        return LinesRefused(what)
    if status in (401, 403, 404):
        return Misconfigured(what)
    return Away(what, wait=float(wait) if wait.isdigit() else None)
