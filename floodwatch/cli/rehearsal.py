"""`rehearse`: what the rules, or other rules, would have said of stored readings."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from floodwatch import config
from floodwatch.bootstrap import Services, open_services
from floodwatch.cli.context import Call, shared
from floodwatch.cli.table import columns
from floodwatch.model.clock import SystemClock
from floodwatch.model.district import District
from floodwatch.model.errors import ConfigError, Problem, Refused
from floodwatch.model.moment import parse
from floodwatch.pipeline import rehearse as rehearsal
from floodwatch.pipeline.rehearse import Rehearsal
from floodwatch.store import config_log

THRESHOLDS = "thresholds.toml"
_EVER = 2**53


@click.command("rehearse")
@click.option("--from", "start", required=True, help="First time, ISO 8601.")
@click.option("--to", "end", required=True, help="Last time, the same way.")
@click.option(
    "--rules",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A thresholds.toml that replaces all thresholds and rules; without it, those in force.",
)
@click.option("--station", multiple=True, help="Only this station (code or name); may be repeated.")
@click.option("--stale", is_flag=True, help="Judge the silence of gauges too.")
@shared
def rehearse(call: Call, **options: Any) -> None:
    """Replay stored readings through rules: which alerts there would have been. Changes nothing."""
    clock = SystemClock()
    began = clock.monotonic()
    with closing(open_services(call.config, call.data)) as services:
        district = _district(services, options["rules"])
        stations = _stations(district, options["station"])
        zone = district.zone_of(stations[0]) if stations else district.tz
        start, end = parse(options["start"], zone), parse(options["end"], zone)
        if end < start:
            raise Refused(f"--to {options['end']} is before --from {options['start']}")
        found = rehearsal.rehearse(
            services.readings,
            district,
            start=start,
            end=end,
            stations=stations or None,
            stale=options["stale"],
        )
    seconds = clock.monotonic() - began
    call.emit(found.as_json(seconds=seconds), lambda: _text(found, district, seconds))


def _district(services: Services, rules: Path | None) -> District:
    """The configuration in force, or the folder's when none is yet; with other rules if given."""
    with services.database.read() as connection:
        version = config_log.latest(connection)
    texts: Mapping[str, str] = version[1] if version else config.documents(services.folder)
    if rules is None:
        return config.build(texts, checked=False)
    try:
        text = rules.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"not UTF-8 text (byte {error.start})"
        problem = Problem(str(rules), None, "encoding", what, "save the file as UTF-8")
        raise ConfigError([problem]) from None
    try:
        return config.build({**texts, THRESHOLDS: text})
    except ConfigError as error:
        for problem in error.problems:
            problem.file = str(rules) if problem.file == THRESHOLDS else problem.file
        raise ConfigError(error.problems) from None


def _stations(district: District, names: tuple[str, ...]) -> list[str]:
    unknown = [name for name in names if name not in district.codes]
    if unknown:
        raise Refused(
            f"no station is called {', '.join(map(repr, unknown))}; "
            "`floodwatch stations` lists them"
        )
    return [district.codes[name] for name in names]


def _text(found: Rehearsal, district: District, seconds: float) -> str:
    rows = [["station", "gauge", "rule", "severity", "fired", "resolved", "peak", "at"]]
    for alert in found.alerts:
        row = alert.as_json()
        station = district.stations[alert.rule.station]
        rows.append(
            [
                f"{station.code} {station.name}",
                f"{row['variable']}@{row['gauge']}",
                str(row["rule"]),
                str(row["severity"]),
                str(row["fired_at"]),
                str(row["resolved_at"] or "-"),
                "-" if alert.peak is None else f"{alert.peak:g}",
                str(row["peak_at"] or "-"),
            ]
        )
    summary = f"{len(found.alerts)} alerts from {found.readings} readings in {seconds:.1f} s"
    return "\n".join([columns(rows), summary]) if found.alerts else summary
