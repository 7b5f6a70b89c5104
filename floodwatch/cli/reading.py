"""`readings`, `latest`, `stations`: what is stored, for people and for scripts."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

import click

from floodwatch.bootstrap import Services, open_services
from floodwatch.cli.context import Call, shared
from floodwatch.cli.export import WRITERS
from floodwatch.cli.table import columns
from floodwatch.hydrology.series import Series
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.moment import duration, iso, parse
from floodwatch.model.quality import flag_of, reason_of
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.station import Gauge, Station
from floodwatch.model.variable import VARIABLES

_EVER = 2**53


@click.command("readings")
@click.option("--station", help="Code or name of a station; without it, all.")
@click.option("--variable", type=click.Choice(sorted(VARIABLES)), help="Only this variable.")
@click.option("--gauge", help="Only this gauge; 1 unless a station has several of a kind.")
@click.option("--from", "start", help="First time, ISO 8601; without an offset, local time.")
@click.option("--to", "end", help="Last time, the same way.")
@click.option("--max-points", type=click.IntRange(min=1), help="Thin each series for drawing.")
@click.option(
    "--format", "form", type=click.Choice(sorted(WRITERS)), default="csv", show_default=True
)
@shared
def readings(call: Call, **options: Any) -> None:
    """Print stored readings, series by series, each by rising time."""
    form = "json" if call.json else options["form"]
    with closing(open_services(call.config, call.data)) as services:
        district = _district(services)
        pieces = _pieces(services, district, options)
        for text in WRITERS[form](pieces):
            click.echo(text, nl=False)


@click.command("latest")
@click.option("--station", help="Code or name of a station; without it, all.")
@shared
def latest(call: Call, station: str | None) -> None:
    """Print the newest believable reading of every gauge."""
    with closing(open_services(call.config, call.data)) as services:
        district = _district(services)
        code = _code(services, district, station)
        found = services.readings.latest()
    rows = [found[key] for key in sorted(found) if code in (None, key.station)]
    call.emit([_latest_row(row, district) for row in rows], lambda: _latest_text(rows, district))


@click.command("stations")
@shared
def stations(call: Call) -> None:
    """Print the stations and what is measured there."""
    with closing(open_services(call.config, call.data)) as services:
        district = _district(services)
        stored = services.readings.keys()
    known = [_station_row(station) for station in district.stations.values()]
    known += _unconfigured(stored, district)
    call.emit(known, lambda: columns([_station_line(row) for row in known]))


def _district(services: Services) -> District:
    with services.database.read() as connection:
        return services.configuration.current(connection)


def _code(services: Services, district: District, name: str | None) -> str | None:
    """The code of the station that is called so; Refused when there is none."""
    if name is None:
        return None
    code = district.codes.get(name, name)
    if code not in district.stations and not services.readings.keys(code):
        raise Refused(f"no station is called {name!r}; `floodwatch stations` lists them")
    return code


def _pieces(
    services: Services, district: District, options: dict[str, Any]
) -> Iterator[tuple[SeriesKey, Series]]:
    code = _code(services, district, options["station"])
    zone = district.zone_of(code) if code else district.tz
    start = parse(options["start"], zone) if options["start"] else -_EVER
    end = parse(options["end"], zone) if options["end"] else _EVER
    if end < start:
        raise Refused(f"--to {options['end']} is before --from {options['start']}")
    keys = [
        key
        for key in services.readings.keys(code)
        if options["variable"] in (None, key.variable) and options["gauge"] in (None, key.gauge)
    ]
    most = options["max_points"]
    if most is None:
        return services.readings.export(keys, start, end)
    found = ((key, services.readings.series(key, start, end, max_points=most)) for key in keys)
    return ((key, series) for key, series in found if series.size)


def _latest_row(row: Latest, district: District) -> dict[str, Any]:
    key, reading = row.reading.key, row.reading
    station = district.stations.get(key.station)
    return {
        "station": key.station,
        "name": station.name if station else "",
        "gauge": key.gauge,
        "variable": key.variable,
        "period": duration(key.period),
        "time": iso(reading.time),
        "value": reading.value,
        "unit": _unit(key),
        "quality": int(flag_of(reading.quality)),
        "reason": reason_of(reading.quality).name.lower(),
        "received": iso(reading.received),
        "heard": iso(row.heard),
        "since": iso(row.since),
        "late": row.late,
    }


def _latest_text(rows: Iterable[Latest], district: District) -> str:
    names = ("station", "name", "gauge", "variable", "period", "time", "value", "unit")
    cells = [_latest_row(row, district) for row in rows]
    return columns([names, *([str(row[name]) for name in names] for row in cells)])


def _station_row(station: Station) -> dict[str, Any]:
    return {
        "code": station.code,
        "name": station.name,
        "kind": station.kind.value,
        "lon": station.lon,
        "lat": station.lat,
        "tz": station.tz,
        "enabled": station.enabled,
        "configured": True,
        "gauges": [_gauge_row(gauge) for gauge in station.gauges],
    }


def _gauge_row(gauge: Gauge) -> dict[str, Any]:
    return {
        "variable": gauge.variable,
        "gauge": gauge.gauge,
        "period": duration(gauge.period),
        "unit": _unit(gauge.key),
        "datum": gauge.datum,
    }


def _unconfigured(stored: Iterable[SeriesKey], district: District) -> list[dict[str, Any]]:
    """Stations that have readings and are not in the configuration."""
    found: dict[str, list[Gauge]] = {}
    for key in stored:
        if key.station not in district.stations:
            gauge = Gauge(key.station, key.variable, key.gauge, key.period)
            found.setdefault(key.station, []).append(gauge)
    nowhere = {"name": "", "kind": "", "lon": None, "lat": None, "tz": "", "enabled": False}
    return [
        {
            "code": code,
            **nowhere,
            "configured": False,
            "gauges": [_gauge_row(gauge) for gauge in gauges],
        }
        for code, gauges in found.items()
    ]


def _station_line(row: dict[str, Any]) -> list[str]:
    measured = ", ".join(
        f"{gauge['variable']}{'' if gauge['gauge'] == '1' else '@' + gauge['gauge']}"
        for gauge in row["gauges"]
    )
    kind = row["kind"] if row["configured"] else "(not configured)"
    return [row["code"], row["name"], kind, measured]


def _unit(key: SeriesKey) -> str:
    known = VARIABLES.get(key.variable)
    return known.unit if known else ""
