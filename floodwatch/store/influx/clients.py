"""The clients: written to by API v2 or v1, asked in InfluxQL."""

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import requests
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import HTTPError

from floodwatch.hydrology.series import Series, empty
from floodwatch.model.errors import FloodWatchError
from floodwatch.model.reading import SeriesKey
from floodwatch.store.influx.lines import PACKED, predicate, selection
from floodwatch.store.influx.server import Away, Misconfigured, fault
from floodwatch.store.influx.settings import InfluxTable

QUERY = "/query"


class _Token(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Token {self._token}"
        return request


def _basic(user: str, password: str) -> AuthBase:
    return HTTPBasicAuth(user.encode(), password.encode())  # texts would have to be latin-1


class _Asked:
    """The half that all generations share: InfluxQL over GET /query."""

    def __init__(self, table: InfluxTable, auth: AuthBase | None) -> None:
        self._table = table
        self._database = table.database or table.bucket
        self._session = requests.Session()
        self._session.auth = auth
        self._session.trust_env = False  # no proxy of the environment between us and the readings

    def read(self, key: SeriesKey, start: int, end: int) -> Series:
        """The readings with start <= time <= end (ms)."""
        asked = f"SELECT value, flag, reason {selection(key, start, end)}"
        document = self._query("GET", asked)
        found = document.get("series") or []
        if not found:
            return empty()
        columns = found[0].get("columns")
        if columns != ["time", "value", "flag", "reason"]:
            raise Misconfigured(
                f"{self._table.url} does not answer InfluxQL (it sent {str(columns)[:80]}): "
                "readings can be written there, and not read"
            )
        if found[0].get("partial") or document.get("partial"):
            middle = (start + end) // 2
            return _joined(self.read(key, start, middle), self.read(key, middle + 1, end))
        return _series(found[0]["values"])

    def close(self) -> None:
        """Give connections back."""
        self._session.close()

    def _query(self, method: str, asked: str) -> dict[str, Any]:
        params = {"q": asked, "db": self._database, "epoch": "ms"}
        response = self._request(method, QUERY, params=params)
        if response.status_code != 200:
            raise self._fault(response)
        try:
            [result] = response.json()["results"]
        except (ValueError, KeyError, TypeError) as error:
            raise Misconfigured(f"{self._table.url}{QUERY} does not answer InfluxQL") from error
        if "error" in result:
            raise Misconfigured(f"{self._table.url}: {result['error']}")
        return dict(result)

    def _request(self, method: str, path: str, **given: Any) -> requests.Response:
        try:
            return self._session.request(
                method, self._table.url + path, timeout=self._table.timeout / 1000, **given
            )
        except requests.RequestException as error:
            raise Away(f"{self._table.url}: {_short(error)}") from error

    def _fault(self, response: requests.Response) -> FloodWatchError:
        detail = _detail(response.text)
        wait = response.headers.get("Retry-After", "")
        return fault(
            response.status_code, f"{self._table.url}: {response.status_code} {detail}", wait
        )


class V1(_Asked):
    """Plain /write with Basic authentication: 1.x, and clusters and engines like it."""

    def __init__(self, table: InfluxTable, password: str) -> None:
        super().__init__(table, _basic(table.user, password) if table.user else None)

    def write(self, lines: Sequence[str]) -> None:
        """Store lines, or raise LinesRefused."""
        response = self._request(
            "POST",
            "/write",
            params={"db": self._database, "precision": "ms"},
            data=gzip.compress("\n".join(lines).encode(), compresslevel=1),
            headers={"Content-Encoding": "gzip", "Content-Type": "text/plain; charset=utf-8"},
        )
        if response.status_code not in (200, 204):
            raise self._fault(response)

    def delete(self, key: SeriesKey, start: int, end: int) -> None:
        """Delete the readings of a series with start <= time <= end (ms)."""
        self._query("POST", f"DELETE {selection(key, start, end)}")


class V2(_Asked):
    """API v2 through InfluxData's own client, which waits for each answer."""

    def __init__(self, table: InfluxTable, token: str) -> None:
        super().__init__(table, _Token(token))
        self._client = InfluxDBClient(
            table.url, token=token, org=table.org, timeout=table.timeout, enable_gzip=True
        )
        self._writer = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, lines: Sequence[str]) -> None:
        """Store lines, or raise LinesRefused."""
        table = self._table
        with _ClientFaults(table.url):
            self._writer.write(
                table.bucket,
                table.org,
                "\n".join(lines).encode(),
                write_precision="ms",  # type: ignore[arg-type]  # its constants are texts
            )

    def delete(self, key: SeriesKey, start: int, end: int) -> None:
        """Delete the readings of a series with start <= time <= end (ms)."""
        with _ClientFaults(self._table.url):
            self._client.delete_api().delete(
                datetime.fromtimestamp(start / 1000, UTC),
                datetime.fromtimestamp(end / 1000, UTC),
                predicate(key),
                bucket=self._table.bucket,
                org=self._table.org,
            )

    def close(self) -> None:
        """Give connections back."""
        super().close()
        self._client.close()  # type: ignore[no-untyped-call]


class _ClientFaults:
    """What the client raises, in our words."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ApiException) and error.status:
            wait = str(dict(error.headers or {}).get("Retry-After", ""))
            detail = _detail(str(error.body or error.reason))
            raise fault(error.status, f"{self._url}: {error.status} {detail}", wait) from error
        if isinstance(error, ApiException | HTTPError | OSError):
            raise Away(f"{self._url}: {_short(error)}") from error


def _series(rows: Sequence[Sequence[Any]]) -> Series:
    times, values, flags, reasons = zip(*rows, strict=True)
    number = np.array([reason or 0 for reason in reasons], np.int16)
    flag = np.array([one or 0 for one in flags], np.int16)
    return Series(
        np.array(times, np.int64), np.array(values, np.float64), number * np.int16(PACKED) + flag
    )


def _joined(one: Series, other: Series) -> Series:
    return Series(
        np.concatenate((one.times, other.times)),
        np.concatenate((one.values, other.values)),
        np.concatenate((one.quality, other.quality)),
    )


def _detail(text: str) -> str:
    """What a server says is wrong, in one short line."""
    try:
        document = json.loads(text)
        text = str(document.get("error") or document.get("message") or text)
    except (ValueError, AttributeError):
        pass
    return " ".join(text.split())[:300]


def _short(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
