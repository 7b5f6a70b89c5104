"""The way in for history: look at files, import them with exact accounting, take imports back."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from floodwatch.config.edit import NewStation
from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.district import District
from floodwatch.model.errors import FloodWatchError, ImportRefused
from floodwatch.model.reading import Outcome
from floodwatch.pipeline import import_buffer, import_layout
from floodwatch.pipeline.import_buffer import Buffer
from floodwatch.pipeline.import_files import Given, Planned, plan_files
from floodwatch.pipeline.import_plan import FilePlan
from floodwatch.pipeline.import_preview import Preview, preview
from floodwatch.pipeline.import_report import FileAccount, Progress, Rejects, Report, refused
from floodwatch.pipeline.import_seen import DryRun
from floodwatch.pipeline.import_slots import Slots
from floodwatch.pipeline.import_stations import unknown_stations, with_stations
from floodwatch.pipeline.import_take import Taker
from floodwatch.pipeline.import_undo import undo
from floodwatch.pipeline.import_write import Store
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.csv.table import Rows, rows
from floodwatch.store import imports as ledger
from floodwatch.store.clockwork import this_process
from floodwatch.store.database import Database
from floodwatch.store.journal import SeriesMap

__all__ = ["Preview", "Progress", "Report", "preview", "run", "undo"]

Create = Callable[[Sequence[NewStation]], District]


def _nothing(progress: Progress) -> None:
    """Nobody watches."""


def _never() -> bool:
    return False


@dataclass
class _Run:
    """One import while it runs."""

    report: Report
    store: Store
    slots: Slots
    rejects: Rejects
    options: ImportOptions
    progress: Callable[[Progress], None]
    cancelled: Callable[[], bool]
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "import"))


def run(
    database: Database,
    files: Given | Sequence[Given],
    options: ImportOptions,
    district: District,
    *,
    submit: Callable[[Batch], Receipt],
    who: str,
    now: int,
    progress: Callable[[Progress], None] = _nothing,
    cancelled: Callable[[], bool] = _never,
    create: Create | None = None,
    series: SeriesMap | None = None,
    folder: Path | None = None,
) -> Report:
    """Import files. `now` is service time, ms.

    `create` puts new stations into the configuration and returns the district with them; `folder`
    is where the files of refused lines go (by default `rejects` beside the database). Raises
    ImportRefused when something must be decided first; then nothing has been written. What fails
    half-way leaves an import in state "failed" that can be taken back, or imported again.
    """
    planned = plan_files(files, options, district)
    plans = planned.plans
    if planned.questions:
        raise ImportRefused("\n".join(planned.questions))
    district = _with_new_stations(plans, options, district, create)
    number = None
    if not options.dry_run:
        with database.write() as tx:
            names = [plan.source.name for plan in plans] + [f.name for f in planned.refused]
            number = ledger.begin(tx, names=names, holder=this_process(), who=who, now=now)
    store = (Store if number else DryRun)(
        database,
        series or SeriesMap(),
        submit,
        now,
        number,
        source=f"import:{number}",
        notify=options.notify,
        cancelled=cancelled,
    )
    running = _Run(
        Report(number, [], dry_run=options.dry_run),
        store,
        Slots(district, options.tz),
        Rejects(_rejects_path(database, folder, number)),
        options,
        progress,
        cancelled,
    )
    return _carry_out(running, planned)


def _with_new_stations(
    plans: Sequence[FilePlan], options: ImportOptions, district: District, create: Create | None
) -> District:
    if not options.create_stations:
        return district
    new: dict[str, NewStation] = {}
    for plan in plans:
        for station in unknown_stations(plan, district, tz=options.tz):
            new.setdefault(station.code, station)
    if not new:
        return district
    if options.dry_run:
        return with_stations(district, list(new.values()))
    if create is None:
        raise ImportRefused("stations cannot be created here: add them to the configuration")
    return create(list(new.values()))


def _rejects_path(database: Database, folder: Path | None, number: int | None) -> Path | None:
    if number is None:
        return None
    if folder is None and database.path is not None:
        folder = database.path.parent / "rejects"
    return folder / f"import-{number}.csv" if folder else None


def _carry_out(running: _Run, planned: Planned) -> Report:
    report, state = running.report, ledger.FAILED
    try:
        for plan in planned.plans:
            if not _import_file(running, plan):
                state = ledger.CANCELLED
                break
        else:
            state = ledger.DONE
    except FloodWatchError as error:
        if report.import_id is None:
            raise
        raise ImportRefused(
            f"{error}\nimport {report.import_id} stopped half-way: import the file again, or take "
            f"it back with floodwatch undo {report.import_id}"
        ) from error
    finally:
        report.state = state
        report.files += [refused(file) for file in planned.refused]
        running.thread.shutdown()
        running.rejects.close()
        running.store.finish()
        if report.import_id is not None:
            with running.store.database.write() as tx:
                ledger.finish(tx, report.import_id, state=state, report=report.document())
    return report


def _import_file(running: _Run, plan: FilePlan) -> bool:
    """Import one file; False when it was cancelled (what had been read is written)."""
    account = FileAccount(plan.source.name, width=len(plan.values), detected=detected(plan))
    account.notes += plan.notes
    running.report.files.append(account)
    taker = Taker(plan, running.slots, account, running.rejects)
    buffer = Buffer(
        running.slots,
        running.store,
        account,
        running.rejects,
        running.thread,
        accept_misdated=running.options.accept_misdated,
    )
    stopped = False
    for piece in _ahead(rows(plan.source, plan.shape, plan.columns, plan.times)):
        for readings in taker.take(piece):
            buffer.add(readings)
        if buffer.size >= import_buffer.MOST:
            buffer.flush(final=False)
        running.progress(
            Progress(
                file=account.file,
                lines=account.lines,
                bytes=piece.read,
                total_bytes=plan.source.size,
                stored=account.counts[Outcome.STORED],
            )
        )
        if running.cancelled():
            stopped = True
            break
    buffer.add(taker.finish())
    buffer.flush(final=True)
    buffer.finish()
    stopped = stopped or account.left > 0
    if not stopped and plan.shape.layout:
        account.notes += import_layout.afterthoughts(plan.shape.layout, account)
    return not stopped


def _ahead(pieces: Iterator[Rows]) -> Iterator[Rows]:
    """The pieces of a file, each read while the one before is being worked on."""
    with ThreadPoolExecutor(1, "import-read") as thread:
        coming = thread.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = thread.submit(next, pieces, None)
            yield piece


def detected(plan: FilePlan) -> dict[str, object]:
    """What was found out about a file, as reported."""
    return {
        "dialect": plan.dialect,
        "confidence": plan.shape.confidence,
        "encoding": plan.shape.encoding,
        "delimiter": plan.shape.delimiter,
        "decimal": plan.shape.decimal,
        "tz": plan.tz,
        "time_column": plan.time_column,
        "time_format": plan.times.name,
        "mapping": plan.mapping(),
    }
