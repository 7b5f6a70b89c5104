"""`backup`, `backups`, `restore`: the whole service in one file, and back."""

from contextlib import closing
from pathlib import Path

import click

from floodwatch.bootstrap import open_services, settings
from floodwatch.bootstrap.services import open_database
from floodwatch.cli.context import Call, shared
from floodwatch.cli.table import columns
from floodwatch.loops import path_of
from floodwatch.loops import read as stamps_of
from floodwatch.model.clock import SystemClock
from floodwatch.model.errors import Refused, StorageError
from floodwatch.model.moment import iso
from floodwatch.pipeline import backups as keeping
from floodwatch.pipeline.backups import Keeping
from floodwatch.store import backup as store
from floodwatch.store import config_log
from floodwatch.store.database import FILE

ROUGHLY = 1 << 20


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@shared
def backup(call: Call, file: Path) -> None:
    """Write everything the service knows into FILE while it works, and check what was written."""
    with closing(open_services(call.config, call.data)) as services:
        note = store.make(services.database, file, now=services.now())
    size = file.stat().st_size
    document = {"file": str(file), "bytes": size, **note._asdict(), "at": iso(note.at)}
    text = f"{file}: {size / ROUGHLY:.1f} MB, checked; {note.series} series, {note.alerts} open"
    call.emit(document, f"{text} alerts, configuration {note.configuration}")


@click.command("backups")
@shared
def backups(call: Call) -> None:
    """List the backups of the timetable, the newest first, and whether each is sound."""
    with closing(open_services(call.config, call.data)) as services:
        kept = Keeping.of(services.configuration.current().backup, services.data)
    rows = [_looked_at(path) for path in store.kept(kept.folder)]
    table = [[str(row["file"]), str(row["at"]), str(row["state"])] for row in rows]
    call.emit(rows, lambda: columns(table) if table else f"none in {kept.folder}")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--replace", is_flag=True, help="Set the database that is there aside, and say where."
)
@shared
def restore(call: Call, file: Path, *, replace: bool) -> None:
    """Put a backup back: readings, open alerts, people and configuration as they were.

    The configuration's files are written when the folder of --config is not there yet; one that is
    there stays, and is in force again at the next start.
    """
    setting, demonstration = settings(call.config)
    if demonstration:
        raise Refused("the demonstration makes its data itself: there is nothing to restore")
    stamps = stamps_of(path_of(call.data, "engine"), SystemClock())
    if stamps is not None and stamps.fresh:
        raise Refused("FloodWatch is running on this folder; stop it first")
    store.read(file)
    store.check(file)
    now = SystemClock().wall()
    aside = _set_aside(call.data, now=now, replace=replace) if setting == "sqlite" else None
    call.data.mkdir(parents=True, exist_ok=True)
    with closing(open_database(call.data, setting)) as database:
        note = keeping.put_back(file, database, now=now, why="人工恢复")
        with database.read() as connection:
            found = config_log.latest(connection)
    written = _write_folder(call.config, found[1] if found else {})
    document = {
        "file": str(file),
        **note._asdict(),
        "at": iso(note.at),
        "aside": aside and str(aside),
    }
    lines = [f"restored as of {iso(note.at)}: {note.series} series, {note.alerts} open alerts"]
    if aside:
        lines.append(f"the database that was there is kept in {aside}")
    if written:
        lines.append(f"{call.config}: {written} configuration files written")
    else:
        lines.append(f"{call.config} was left as it is; it is in force from the next start")
    call.emit(document | {"configuration_files": written}, "\n".join(lines))


def _looked_at(path: Path) -> dict[str, object]:
    try:
        note = store.read(path)
        store.check(path)
    except (Refused, StorageError) as error:
        return {"file": str(path), "at": "", "state": str(error)}
    return {"file": str(path), "state": "sound", **note._asdict(), "at": iso(note.at)}


def _set_aside(data: Path, *, now: int, replace: bool) -> Path | None:
    if not (data / FILE).exists():
        return None
    if not replace:
        raise Refused(
            f"{data / FILE} is there already; name an empty folder with --data, or say --replace "
            "to set it aside"
        )
    return store.set_aside(data / FILE, data / "replaced" / store.name_of(now))


def _write_folder(folder: Path, documents: dict[str, str]) -> int:
    """The files of the configuration, where there is no folder yet; how many."""
    if folder.exists() and any(folder.iterdir()):
        return 0
    for name, text in documents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return len(documents)
