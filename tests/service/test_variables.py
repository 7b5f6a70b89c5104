"""Every variable by every way in, in its own and in other units, to where people see it."""

import csv
import io
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from floodwatch.bootstrap import Services, follow_folder, open_services
from floodwatch.model.clock import MINUTE
from floodwatch.model.reading import RawReading
from floodwatch.model.unit import UNITS, conversion
from floodwatch.model.variable import VARIABLES, Nature
from floodwatch.sources.mqtt.payload import Topics
from floodwatch.sources.mqtt.settings import TopicTable
from floodwatch.sources.way import Way
from floodwatch.store import tokens
from floodwatch.web.app import create_app
from floodwatch.web.push_app import create_push_app
from tests.service.test_senders import FILES
from tests.web.conftest import signed_in

CODE = "61990001"
NOW = int(time.time() * 1000) // MINUTE * MINUTE
PERIOD = 5 * MINUTE
USUAL = {"ph": 7.2, "signal": -70.0, "rainfall_day": 12.0, "stage": 104.5, "battery": 12.6}
WAYS = ("json", "csv", "lines", "mqtt")


def _gauges() -> str:
    made = []
    for variable in VARIABLES.values():
        period = ', period = "5min"' if variable.nature is Nature.INCREMENT else ""
        made.append(f'{{variable = "{variable.name}"{period}}}')
    return ",\n  ".join(made)


STATIONS = f"""[[station]]
code = "{CODE}"
name = "示范站"
aliases = ["gauge-7"]
kind = "river"
gauges = [
  {_gauges()} ]
"""


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The service over one station that measures everything."""
    place = tmp_path_factory.mktemp("variables")
    folder: Path = place / "config"
    folder.mkdir()
    for name, text in (FILES | {"stations.toml": STATIONS}).items():
        (folder / name).write_text(text.replace("{source}", ""), "utf-8")
    made = open_services(folder, place / "data", migrate=True)
    follow_folder(made, who="test")
    yield made
    made.close()


@pytest.fixture(scope="module")
def token(services: Services) -> str:
    """Of a gateway."""
    with services.database.write() as tx:
        return tokens.add_token(tx.connection, "gateway", stations=None, now=NOW)


@pytest.fixture(scope="module")
def devices(services: Services) -> FlaskClient:
    """The port for devices."""
    return create_push_app(services).test_client()


def readings(way: int) -> list[RawReading]:
    """One value a variable and unit that fits it, at times of their own."""
    made = []
    for variable in VARIABLES.values():
        dimension = UNITS[variable.unit].dimension
        fitting = [name for name, unit in UNITS.items() if unit.dimension == dimension]
        for number, unit in enumerate(fitting):
            scale, offset = conversion(variable.name, unit)
            value = (USUAL.get(variable.name, 3.0) - offset) / scale
            at = NOW - (number * len(WAYS) + way + 2) * PERIOD
            period = PERIOD if variable.nature is Nature.INCREMENT else None
            made.append(RawReading("gauge-7", variable.name, at, value, unit=unit, period=period))
    return made


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


def _rows(given: list[RawReading]) -> list[dict[str, Any]]:
    rows = []
    for r in given:
        row = {"station": r.station, "variable": r.variable, "time": _iso(r.time)}
        row |= {"value": r.value, "unit": r.unit} | ({"period": "5min"} if r.period else {})
        rows.append(row)
    return rows


def _push(devices: FlaskClient, token: str, body: str, kind: str) -> None:
    path = "/api/v1/readings" + ("?precision=ms" if kind == "text/plain" else "")
    headers = {"Authorization": f"Bearer {token}"}
    answer = devices.post(path, data=body.encode(), content_type=kind, headers=headers)
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["rejected"] == []


def _line(r: RawReading) -> str:
    period = ",period=5min" if r.period else ""
    return f"{r.variable},station={r.station},unit={r.unit}{period} value={r.value} {r.time}"


def hand_in(way: str, services: Services, devices: FlaskClient, token: str) -> list[RawReading]:
    """Hand all readings in by one way; what was handed in."""
    given = readings(WAYS.index(way))
    match way:
        case "json":
            _push(devices, token, json.dumps(_rows(given)), "application/json")
        case "csv":
            table = io.StringIO()
            names = ["station", "variable", "time", "value", "unit", "period"]
            writer = csv.DictWriter(table, names, restval="")
            writer.writeheader()
            writer.writerows(_rows(given))
            _push(devices, token, table.getvalue(), "text/csv")
        case "lines":
            _push(devices, token, "\n".join(map(_line, given)), "text/plain")
        case _:
            _by_topic(services, given)
    return given


def _by_topic(services: Services, given: list[RawReading]) -> None:
    shape = {"payload": "json", "time": "ts", "time_format": "ms", "period": "5min"}
    topics = Topics(
        [TopicTable.model_validate({"topic": "fw/{station}/{variable}/{unit}/#"} | shape)]
    )
    way = Way("mqtt:test", "mqtt", services.submit, services.configuration.current)
    found = []
    for r in given:
        unit = (r.unit or "").replace("/", "|")
        payload = json.dumps({"ts": r.time, "value": r.value}).encode()
        topic = f"fw/{r.station}/{r.variable}/{unit}"
        (one,) = topics.read(
            topic, payload, zone=services.configuration.current().zone_of, arrival=NOW
        ).readings
        found.append(RawReading(**{f: getattr(one, f) for f in one.__slots__} | {"unit": r.unit}))
    assert found == given
    assert way.submit(found).rejected == ()


@pytest.mark.parametrize("way", WAYS)
def test_every_variable_comes_in_its_units_and_is_stored_in_the_canonical_one(
    way: str, services: Services, devices: FlaskClient, token: str
) -> None:
    given = hand_in(way, services, devices, token)
    assert {r.variable for r in given} == set(VARIABLES)
    for r in given:
        (key,) = [k for k in services.readings.keys(CODE) if k.variable == r.variable]
        found = services.readings.series(key, r.time, r.time)
        wanted = USUAL.get(r.variable, 3.0)
        assert found.values.tolist() == [pytest.approx(wanted, abs=1e-6)], (r.variable, r.unit)
        assert key.period == (r.period or 0)


def test_every_variable_is_seen_as_the_latest_and_on_the_station_page(
    services: Services, devices: FlaskClient, token: str
) -> None:
    hand_in("json", services, devices, token)
    app = create_app(services)
    latest = (
        app.test_client().get("/api/v1/latest", headers={"Authorization": f"Bearer {token}"}).json
    )
    assert latest is not None
    units = {each["variable"]: each["unit"] for each in latest}
    assert units == {name: variable.unit for name, variable in VARIABLES.items()}
    assert all(each["flag"] != 4 for each in latest), "a usual value fails no check"
    viewer = signed_in(app, services.database, "viewer")
    page = viewer.get(f"/stations/{CODE}").get_data(as_text=True)
    for variable in VARIABLES.values():
        assert variable.zh in page, variable.name
