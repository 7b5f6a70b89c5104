"""`rehearse`: what the rules, or other rules, would have said of stored readings, and to whom."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from floodwatch.bootstrap import Services, open_services
from floodwatch.cli.context import Call, shared
from floodwatch.cli.table import columns
from floodwatch.model.clock import MINUTE, SystemClock
from floodwatch.model.district import District
from floodwatch.model.errors import ConfigError, Problem, Refused
from floodwatch.model.moment import parse
from floodwatch.pipeline import drafts
from floodwatch.pipeline.comparing import Change, Comparison
from floodwatch.pipeline.drafts import RECIPIENTS, THRESHOLDS, Task
from floodwatch.pipeline.rehearse import NEVER, WITHIN, Answers, Rehearsal


class AnswersType(click.ParamType):  # type: ignore[type-arg]
    """`within`, `never` or a number of minutes."""

    name = "within|never|MINUTES"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Answers:
        """The assumption."""
        if isinstance(value, Answers) or value in (WITHIN, NEVER):
            return value if isinstance(value, Answers) else Answers(value)
        try:
            minutes = float(value)
        except ValueError:
            minutes = -1.0
        if not minutes > 0:
            self.fail(f"{value!r} is none of within, never and a number of minutes", param, ctx)
        return Answers(round(minutes * MINUTE))


@click.command("rehearse")
@click.option("--from", "start", required=True, help="First time, ISO 8601.")
@click.option("--to", "end", required=True, help="Last time, the same way.")
@click.option(
    "--rules",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A thresholds.toml that replaces all thresholds and rules; without it, those in force.",
)
@click.option(
    "--recipients",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A recipients.toml that replaces all people and routes; without it, those in force.",
)
@click.option("--station", multiple=True, help="Only this station (code or name); may be repeated.")
@click.option("--stale", is_flag=True, help="Judge the silence of gauges too.")
@click.option(
    "--compare/--no-compare",
    default=False,
    show_default=True,
    help="Rehearse what is in force as well, and say in what the draft differs.",
)
@click.option(
    "--people/--no-people",
    default=True,
    show_default=True,
    help="Say who would have been told, called and woken.",
)
@click.option(
    "--answers",
    type=AnswersType(),
    default=WITHIN,
    show_default=True,
    help="How those answer who have no answers_after: within their time, never, or after MINUTES.",
)
@shared
def rehearse(call: Call, **options: Any) -> None:
    """Replay stored readings through rules: which alerts there would have been. Changes nothing."""
    clock = SystemClock()
    began = clock.monotonic()
    with closing(open_services(call.config, call.data)) as services:
        present, draft = _districts(services, options)
        task = _task(draft, options)
        with services.database.read() as connection:
            entered = drafts.entered(connection)
        if options["compare"]:
            compared = drafts.compared(
                services.readings, present, draft, task=task, entered=entered
            )
            found: Rehearsal = compared.draft
        else:
            compared = None
            found = drafts.rehearsed(services.readings, draft, task=task, entered=entered)
    seconds = clock.monotonic() - began
    document = found.as_json(seconds=seconds)
    if compared is not None:
        document["compare"] = compared.as_json()
    call.emit(document, lambda: _text(found, compared, draft, seconds))


def _districts(services: Services, options: dict[str, Any]) -> tuple[District, District]:
    """What is in force, and the draft: the same with other rules or recipients where given."""
    with services.database.read() as connection:
        texts = drafts.in_force(connection, services.folder)
    present = drafts.district(texts, {})
    files = {THRESHOLDS: options["rules"], RECIPIENTS: options["recipients"]}
    given = {name: path for name, path in files.items() if path is not None}
    if not given:
        return present, present
    try:
        return present, drafts.district(texts, {n: _read(path) for n, path in given.items()})
    except ConfigError as error:
        for problem in error.problems:
            problem.file = str(given.get(problem.file, problem.file))
        raise ConfigError(error.problems) from None


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"not UTF-8 text (byte {error.start})"
        problem = Problem(str(path), None, "encoding", what, "save the file as UTF-8")
        raise ConfigError([problem]) from None


def _task(district: District, options: dict[str, Any]) -> Task:
    stations = _stations(district, options["station"])
    zone = district.zone_of(stations[0]) if stations else district.tz
    start, end = parse(options["start"], zone), parse(options["end"], zone)
    if end < start:
        raise Refused(f"--to {options['end']} is before --from {options['start']}")
    task = Task(start, end, stale=options["stale"], answers=options["answers"])
    if not options["people"]:
        task = replace(task, answers=None)
    return replace(task, stations=frozenset(stations)) if stations else task


def _stations(district: District, names: tuple[str, ...]) -> list[str]:
    unknown = [name for name in names if name not in district.codes]
    if unknown:
        raise Refused(
            f"no station is called {', '.join(map(repr, unknown))}; "
            "`floodwatch stations` lists them"
        )
    return [district.codes[name] for name in names]


def _text(found: Rehearsal, compared: Comparison | None, district: District, seconds: float) -> str:
    parts = []
    if found.alerts:
        parts.append(columns(_alert_rows(found, district)))
    if found.people is not None and found.people.told:
        parts.append(columns(_people_rows(found)))
        room = found.people.room
        parts.append(
            f"duty room: {room.tones} tones, {room.night_tones} by night, "
            f"{room.worst_night} in the worst night"
        )
    if compared is not None:
        parts.append(_difference(compared, district))
    parts.append(f"{len(found.alerts)} alerts from {found.readings} readings in {seconds:.1f} s")
    return "\n".join(parts)


def _alert_rows(found: Rehearsal, district: District) -> list[list[str]]:
    rows = [["station", "gauge", "rule", "severity", "fired", "resolved", "peak", "at"]]
    for alert in found.alerts:
        row = alert.as_json()
        rows.append(
            [
                _place(district, alert.rule.station),
                f"{row['variable']}@{row['gauge']}",
                str(row["rule"]),
                str(row["severity"]),
                str(row["fired_at"]),
                str(row["resolved_at"] or "-"),
                "-" if alert.peak is None else f"{alert.peak:g}",
                str(row["peak_at"] or "-"),
            ]
        )
    return rows


def _people_rows(found: Rehearsal) -> list[list[str]]:
    rows = [["person", "messages", "calls", "SMS parts", "messages by night", "calls by night"]]
    told = found.people.told if found.people is not None else ()
    return rows + [[one.person, *map(str, one[1:])] for one in told]


def _difference(compared: Comparison, district: District) -> str:
    rows = [["draft", "station", "gauge", "rule", "present", "draft", "minutes"]]
    for one in compared.differing:
        present, draft = one.present, one.draft
        rows.append(
            [
                ", ".join(one.changes),
                _place(district, one.rule.station),
                f"{one.rule.variable}@{one.rule.gauge}",
                one.rule.type,
                "-" if present is None else present.severity.name,
                "-" if draft is None else draft.severity.name,
                "-" if one.minutes is None else f"{one.minutes:+g}",
            ]
        )
    counts = ", ".join(f"{compared.count(change)} {change}" for change in Change)
    said = f"against the present rules: {counts}, {compared.same} the same"
    return "\n".join([columns(rows), said]) if compared.differing else said


def _place(district: District, code: str) -> str:
    station = district.stations.get(code)
    return f"{code} {station.name}" if station else code
