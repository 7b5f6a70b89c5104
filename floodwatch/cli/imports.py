"""`import`, `imports`, `undo`: history from files, what was imported, and one import taken back."""

import getpass
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from floodwatch import config
from floodwatch.bootstrap import Services, follow_folder, open_services
from floodwatch.cli import import_preview
from floodwatch.cli.context import Call, shared
from floodwatch.cli.table import columns
from floodwatch.config.edit import NewStation, add_stations
from floodwatch.model.district import District
from floodwatch.model.errors import ConfigError, ImportRefused
from floodwatch.model.moment import iso
from floodwatch.model.reading import Outcome
from floodwatch.pipeline import import_profiles as profiles
from floodwatch.pipeline import imports as history
from floodwatch.pipeline.import_files import Given, opened
from floodwatch.pipeline.import_report import FileAccount, Progress, Report
from floodwatch.sources.csv.options import ImportOptions, mapping, span
from floodwatch.sources.dialects import registry
from floodwatch.store import imports as ledger
from floodwatch.store.clockwork import boot_id, service_row

RUNNING_S = 5.0  # an engine that has beaten in so many seconds is running
STEP_BACK = 10

_OPTIONS = (
    click.option("--dialect", type=click.Choice(registry.NAMES), default="auto",
                 show_default=True, help="long: one value a line; wide: a column a variable; the "
                 "others are formats of makers, see docs/dialects.md."),
    click.option("--sheet", default="", help="Sheet of a workbook."),
    click.option("--station", default="", help="Code or name of the station of the whole file."),
    click.option("--station-column", default="", help="Column with codes or names of stations."),
    click.option("--create-stations", is_flag=True, help="Configure the stations a file names."),
    click.option("--variable", default="", help="Variable of the values, such as stage."),
    click.option("--gauge", default="", help="Gauge, when a station has several of a kind."),
    click.option("--unit", default="", help='Unit of the values; "canonical": FloodWatch\'s own.'),
    click.option("--period", default="", help="Length of a rain interval, such as 5min, 1h, 1d."),
    click.option("--tz", default="", help="Zone of times without an offset, as Asia/Shanghai."),
    click.option("--force-tz", is_flag=True, help="--tz even where the file states another."),
    click.option("--encoding", default="auto", show_default=True, help="As utf-8, gb18030, big5."),
    click.option("--delimiter", default="", help="Between the fields; found out by default."),
    click.option("--time-column", default="", help="Column of the times; DATE+CLOCK joins two."),
    click.option("--time-format", default="", help="As %d/%m/%Y %H:%M; found out by default."),
    click.option("--map", "mappings", multiple=True, metavar="COLUMN=VARIABLE[@GAUGE][:UNIT]",
                 help="What a column holds; may be given again and again."),
    click.option("--decimal", default="", help="Decimal mark, . or ,; found out by default."),
    click.option("--thousands", default="", help="Mark between groups of three digits."),
    click.option("--missing", "no_value", multiple=True, metavar="TEXT",
                 help='Further word or number for "no value"; may be given again.'),
    click.option("--quality-column", default="", help="Column with the maker's flags."),
    click.option("--day-label", type=click.Choice(["begin", "end"]), default=None,
                 help="Whether a date names the day of rain that begins or ends at its 08:00."),
    click.option("--accept-misdated", is_flag=True, help="Take dates that jump away and back."),
    click.option("--notify", is_flag=True, help="Send the messages of what the import fires."),
    click.option("--dry-run", is_flag=True, help="Only say what would become of every value."),
    click.option("--preview", is_flag=True,
                 help="Only show the first values as stored, gaps, and what thresholds would say."),
    click.option("--profile", default="", help="Options kept under a name; options given win."),
    click.option("--save-profile", default="", metavar="NAME", help="Keep these options."),
    click.option("--by", default="", help="Who imports; by default the user of the machine."),
)  # fmt: skip


def _described(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@_described
@shared
def import_(call: Call, files: Sequence[Path], **options: Any) -> None:
    """Import history from CSV files: every value is accounted for, and can be taken back."""
    with closing(open_services(call.config, call.data, create=True)) as services:
        _step_back(services)
        district = _district(services)
        chosen = _chosen(services, options)
        unpacked = services.data / "uploads"
        unpacked.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="command-", dir=unpacked) as folder:
            given = opened(files, Path(folder))
            if options["preview"]:
                import_preview.show(call, services, given, chosen, district)
                return
            report = _run(call, services, given, chosen, district, by=options["by"])
        if options["save_profile"]:
            _save_profile(services, options["save_profile"], chosen, by=options["by"])
    call.emit(report.document(), lambda: _text(report))
    _answer_for(report)


def _run(
    call: Call,
    services: Services,
    files: Sequence[Given],
    chosen: ImportOptions,
    district: District,
    *,
    by: str,
) -> Report:
    with _stoppable() as stop, _bar(call) as progress:
        return history.run(
            services.database,
            files,
            chosen,
            district,
            submit=services.submit,
            who=by or user(),
            now=services.now(),
            progress=progress,
            cancelled=stop.is_set,
            create=lambda new: _create(services, new),
            series=services.series,
            folder=services.data / "rejects",
        )


def _answer_for(report: Report) -> None:
    """Exit 1 for an import that was stopped, or of which nothing could be taken."""
    if report.state == ledger.CANCELLED:
        raise ImportRefused(
            f"stopped; what had been read is stored: floodwatch undo {report.import_id}"
        )
    values = sum(account.values for account in report.files)
    if values and not report.dry_run and report.count(Outcome.REJECTED) == values:
        first = next(reject for account in report.files for reject in account.rejects)
        raise ImportRefused(
            f"all {values:,} values were refused, the first in line {first.line}: {first.reason}"
        )


def _save_profile(services: Services, name: str, chosen: ImportOptions, *, by: str) -> None:
    with services.database.write() as tx:
        profiles.save(tx, name, chosen, who=by or user(), now=services.now())


@click.command("imports")
@shared
def imports(call: Call) -> None:
    """List the imports, the newest first."""
    with (
        closing(open_services(call.config, call.data)) as services,
        services.database.read() as connection,
    ):
        rows = ledger.all_imports(connection)
    call.emit([_entry(row) for row in rows], lambda: _table(rows))


@click.command("undo")
@click.argument("import_id", type=int)
@click.option("--by", default="", help="Who takes it back; by default the user of the machine.")
@shared
def undo(call: Call, import_id: int, by: str) -> None:
    """Take one import back whole: every value becomes what it would be without it."""
    with closing(open_services(call.config, call.data)) as services:
        row = history.undo(services.database, import_id, who=by or user(), now=services.now())
    call.emit(_entry(row), f"Import {row.id} ({', '.join(row.names)}) is taken back.")


def _chosen(services: Services, options: dict[str, Any]) -> ImportOptions:
    """The options given; over a profile only those that were said."""
    said = _said(options)
    if not options["profile"]:
        return said
    with services.database.read() as connection:
        kept = profiles.load(connection, options["profile"])
    usual = ImportOptions()
    changed = {
        one.name: value
        for one in fields(ImportOptions)
        if (value := getattr(said, one.name)) != getattr(usual, one.name)
    }
    return replace(kept, **changed)


def _said(options: dict[str, Any]) -> ImportOptions:
    return ImportOptions(
        dialect=options["dialect"],
        sheet=options["sheet"],
        force_tz=options["force_tz"],
        encoding=options["encoding"],
        delimiter=options["delimiter"],
        station=options["station"],
        station_column=options["station_column"],
        create_stations=options["create_stations"],
        variable=options["variable"],
        gauge=options["gauge"],
        unit=options["unit"],
        period=span(options["period"]) if options["period"] else None,
        tz=options["tz"],
        time_column=options["time_column"],
        time_format=options["time_format"],
        map=tuple(mapping(text) for text in options["mappings"]),
        decimal=options["decimal"],
        thousands=options["thousands"],
        no_value=options["no_value"],
        quality_column=options["quality_column"],
        day_label=options["day_label"] or "",
        accept_misdated=options["accept_misdated"],
        notify=options["notify"],
        dry_run=options["dry_run"],
    )


def _district(services: Services) -> District:
    """The configuration in force; the folder's is put in force first, as the engine would."""
    try:
        follow_folder(services, who="import", only_first=services.demonstration)
    except ConfigError:
        with services.database.read() as connection:
            if not services.configuration.current(connection).version:
                raise
        click.echo(
            "the configuration has errors, the last good one is used; see floodwatch check",
            err=True,
        )
    with services.database.read() as connection:
        return services.configuration.current(connection)


def _step_back(services: Services) -> None:
    """Live readings first: beside a running engine an import takes what processor time is left."""
    with services.database.read() as connection:
        beat = service_row(connection)
    here = beat is not None and beat.boot == boot_id()
    if beat and here and services.clock.monotonic() - beat.monotonic < RUNNING_S:
        os.nice(STEP_BACK)


def _create(services: Services, new: Sequence[NewStation]) -> District:
    add_stations(services.folder, new)
    config.apply(services.database, services.folder, who="import", now=services.now())
    with services.database.read() as connection:
        return services.configuration.current(connection)


def user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "cli"


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """Ctrl-C once stops after the piece at hand; twice stops at once."""
    stop = threading.Event()

    def stopped(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, stopped)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(call: Call) -> Iterator[Callable[[Progress], None]]:
    """A bar on standard error, for people only."""
    if call.json:
        yield lambda progress: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(progress: Progress) -> None:
            if progress.file not in tasks:
                tasks[progress.file] = bar.add_task(progress.file, total=progress.total_bytes)
            bar.update(tasks[progress.file], completed=progress.bytes)

        yield show


# -- words ------------------------------------------------------------------------------------


def _text(report: Report) -> str:
    lines = []
    if report.dry_run:
        lines.append("Dry run: nothing was written.")
    elif report.state == ledger.DONE:
        lines.append(
            f"Import {report.import_id} done; floodwatch undo {report.import_id} undoes it."
        )
    for account in report.files:
        lines += _file_text(account)
    return "\n".join(lines)


def _file_text(account: FileAccount) -> Iterator[str]:
    if account.refused:
        yield f"{account.file}: not imported: {account.refused}"
        return
    found = account.detected
    counts = ", ".join(
        f"{outcome.value} {account.counts[outcome]:,}"
        for outcome in Outcome
        if account.counts[outcome]
    )
    other = f", {account.other_lines:,} other" if account.other_lines else ""
    yield (
        f"{account.file}: {account.lines:,} lines, {account.blank_lines:,} blank{other}; "
        f"{account.values:,} values: {counts}"
    )
    yield (
        f"  read as {found['dialect']} table{_confidence(found)}, {found['encoding']}, delimiter "
        f"{found['delimiter']!r}, time {found['time_column']} ({found['time_format']}), "
        f"zone {found['tz']} for times without offset"
    )
    for column in found["mapping"]:
        unit = f" [{column['unit']}]" if column["unit"] else ""
        yield f"  {column['column']} = {column['variable'] or 'as named'}{unit}"
    for name, lines in account.unknown_stations.most_common(20):
        yield f"  unknown station {name}: {lines:,} lines"
    yield from (f"  {note}" for note in account.notes)
    if account.left:
        yield f"  stopped: {account.left:,} values had been read and are not stored"
    for reject in account.rejects[:5]:
        yield f"  line {reject.line}: {reject.column and f'{reject.column}: '}{reject.reason}"
    if account.rejects_file:
        yield f"  all refused lines: {account.rejects_file}"


def _confidence(found: dict[str, Any]) -> str:
    return f" (sure by {found['confidence']:.0%})" if found.get("confidence") else ""


def _entry(row: ledger.ImportRow) -> dict[str, Any]:
    return {
        "import_id": row.id,
        "who": row.who,
        "at": iso(row.at),
        "state": row.state,
        "files": row.names,
        "stored": _stored(row),
        "undone_by": row.undone_by,
        "undone_at": None if row.undone_at is None else iso(row.undone_at),
    }


def _stored(row: ledger.ImportRow) -> int:
    return sum(file["stored"] + file["corrected"] for file in row.report.get("files", []))


def _table(rows: Sequence[ledger.ImportRow]) -> str:
    head = ("id", "state", "at", "who", "stored", "files")
    body = [
        (str(r.id), r.state, iso(r.at), r.who, f"{_stored(r):,}", ", ".join(r.names)) for r in rows
    ]
    return columns([head, *body]) if rows else "no imports yet"
