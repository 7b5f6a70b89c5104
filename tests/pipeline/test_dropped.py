"""A drop folder: files go in, history comes out, whatever happens in between."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from floodwatch.model.errors import ImportRefused, StorageError
from floodwatch.pipeline import dropped, import_profiles
from floodwatch.pipeline.dropped import Dropped
from floodwatch.sources import drop_folder
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.drop_settings import DropTable
from floodwatch.sources.way import Way
from floodwatch.store import dropped_files
from floodwatch.store import imports as ledger
from floodwatch.store.database import Database
from tests.pipeline.importing import NOW, Journal, district, stored
from tests.sources.csv.making import write

TABLE = "time,stage\n" + "".join(f"2024-05-{day:02d} 08:00,95.{day:02d}\n" for day in range(1, 11))
BAD = "time,stage\n2024-05-01 08:00,abc\n2024-05-02 08:00,def\n"


@dataclass
class Folder:
    """A drop folder, its database and its poller; `restart` forgets what is only in memory."""

    database: Database
    data: Path
    options: dict[str, Any]

    def __post_init__(self) -> None:
        (self.data / "in").mkdir(parents=True)
        self.restart()

    def restart(self, **more: Any) -> None:
        place = district()
        self.options |= more
        table = DropTable(name="logger", folder="in", settle="0s", **self.options)
        submit = Journal(self.database, place).submit
        self.way = Way("drop:logger", "drop", submit, lambda: place, now=lambda: NOW, polls=True)
        self.poller = Dropped(table, self.way, self.database, self.data)

    def put(self, text: str, name: str = "a.csv") -> Path:
        return write(self.data / "in" / name, text)

    def files(self) -> list[str]:
        """What lies where, without reports."""
        paths = (p for p in (self.data / "in").rglob("*") if p.is_file())
        names = (str(p.relative_to(self.data / "in")) for p in paths)
        return sorted(name for name in names if ".report." not in name)

    def report(self, name: str) -> dict[str, Any]:
        text = (self.data / "in" / f"{name}.report.json").read_text("utf-8")
        found: dict[str, Any] = json.loads(text)
        return found

    def states(self) -> list[tuple[str, str]]:
        with self.database.read() as connection:
            return [(one.name, one.state) for one in dropped_files.newest(connection)]

    def imports(self) -> list[str]:
        with self.database.read() as connection:
            return [row.state for row in ledger.all_imports(connection)]


@pytest.fixture
def folder(sqlite_database: Database, tmp_path: Path) -> Folder:
    return Folder(sqlite_database, tmp_path / "data", {"station": "61990001", "unit": "m"})


def test_a_file_is_imported_and_put_away_with_its_report(folder: Folder) -> None:
    folder.put(TABLE, "石桥.csv")
    folder.poller.poll()
    assert folder.files() == ["done/石桥.csv"]
    report = folder.report("done/石桥.csv")
    assert (report["state"], report["import_id"], report["files"][0]["stored"]) == ("done", 1, 10)
    text = (folder.data / "in/done/石桥.csv.report.txt").read_text("utf-8")
    assert "floodwatch undo 1" in text
    assert len(stored(folder.database)) == 10
    note = folder.way.note()
    assert note
    assert (note.counts.taken, note.counts.stored) == (10, 10)
    assert note.newest


def test_the_same_file_again_is_recognised_under_any_name(folder: Folder) -> None:
    folder.put(TABLE)
    folder.poller.poll()
    folder.restart()
    folder.put(TABLE)
    folder.put(TABLE, "copy.csv")
    folder.poller.poll()
    assert folder.files() == ["done/a.csv", "done/a~2.csv", "done/copy.csv"]
    assert folder.imports() == ["done"]
    assert "taken before" in folder.report("done/copy.csv")["reason"]


def test_a_file_that_grew_since_is_imported_again_and_counts_only_what_is_new(
    folder: Folder,
) -> None:
    folder.put(TABLE)
    folder.poller.poll()
    folder.put(TABLE + "2024-05-11 08:00,95.11\n")
    folder.poller.poll()
    (file,) = folder.report("done/a~2.csv")["files"]
    assert (file["stored"], file["duplicate"]) == (1, 10)


@pytest.mark.parametrize(("text", "why"), [("no table", "no table"), (BAD, "refused")])
def test_what_cannot_be_imported_goes_to_refused_with_its_reason(
    folder: Folder, text: str, why: str
) -> None:
    folder.put(text)
    folder.put(TABLE, "b.csv")
    folder.poller.poll()
    assert folder.files() == ["done/b.csv", "refused/a.csv"]
    assert why in folder.report("refused/a.csv")["reason"]
    note = folder.way.note()
    assert note
    assert [refusal.what for refusal in note.refusals] == ["a.csv"]


def test_a_refused_file_may_be_tried_again_once_the_options_are_right(folder: Folder) -> None:
    folder.restart(unit="")
    folder.put(TABLE)
    folder.poller.poll()
    assert folder.files() == ["refused/a.csv"]
    folder.restart(unit="m")
    folder.put(TABLE)
    folder.poller.poll()
    assert folder.files() == ["done/a.csv", "refused/a.csv"]


def test_an_archive_is_taken_file_by_file(folder: Folder) -> None:
    with zipfile.ZipFile(folder.data / "in/a.zip", "w") as made:
        made.writestr("x/a.csv", TABLE)
        made.writestr("readme.txt", "hello")
    folder.poller.poll()
    files = {file["file"]: file for file in folder.report("done/a.zip")["files"]}
    assert files["a.zip/x/a.csv"]["stored"] == 10
    assert "no table" in files["a.zip/readme.txt"]["refused"]
    assert not list((folder.data / "uploads").iterdir())


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("where", ["begin", "end", "put_away", "_write"])
def test_killed_anywhere_nothing_is_lost_and_nothing_counted_twice(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    places: dict[str, Any] = {
        "begin": dropped_files,
        "end": dropped_files,
        "put_away": drop_folder.DropFolder,
        "_write": dropped,
    }

    def kill(*args: Any, **more: Any) -> None:
        raise Killed

    folder.put(TABLE)
    with monkeypatch.context() as patch:
        patch.setattr(places[where], where, kill)
        with pytest.raises(Killed):
            folder.poller.poll()
    folder.restart()
    folder.poller.poll()
    assert folder.files() == ["done/a.csv"]
    assert folder.states() == [("a.csv", "done")]
    assert len(stored(folder.database)) == 10


def test_a_folder_that_cannot_be_written_imports_once_and_says_so(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(self: Path, target: Path) -> None:
        raise OSError(30, "Read-only file system")

    folder.put(TABLE)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", read_only)
        for restart in (False, False, True):
            if restart:
                folder.restart()
            with pytest.raises(ImportRefused, match="Read-only"):
                folder.poller.poll()
    assert folder.imports() == ["done"]
    folder.poller.poll()
    assert folder.files() == ["done/a.csv"]
    assert folder.imports() == ["done"]


def test_a_store_that_fails_is_no_fault_of_the_file(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **more: Any) -> None:
        raise StorageError("the disk is full")

    folder.put(TABLE)
    with monkeypatch.context() as patch:
        patch.setattr("floodwatch.pipeline.import_write.Store.write", full)
        with pytest.raises(StorageError):
            folder.poller.poll()
    assert folder.files() == ["a.csv"]
    folder.poller.poll()
    assert folder.files() == ["done/a.csv"]
    assert folder.states() == [("a.csv", "done")]


def test_a_report_that_cannot_be_written_stops_nothing(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, *args: Any, **more: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    folder.data.joinpath("in/a.csv").write_bytes(TABLE.encode())
    folder.poller.poll()
    assert folder.files() == ["done/a.csv"]


def test_a_file_that_vanishes_is_nobodys_fault(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder.put(TABLE)
    begin = dropped_files.begin

    def gone(*args: Any, **more: Any) -> int:
        path.unlink()
        return begin(*args, **more)

    monkeypatch.setattr(dropped_files, "begin", gone)
    folder.poller.poll()
    assert folder.imports() == []
    assert folder.files() == []


def test_a_link_is_refused_once_and_left_where_it_is(folder: Folder, tmp_path: Path) -> None:
    write(tmp_path / "secret.csv", TABLE)
    (folder.data / "in/a.csv").symlink_to(tmp_path / "secret.csv")
    for _ in range(3):
        folder.poller.poll()
    note = folder.way.note()
    assert note
    assert [refusal.what for refusal in note.refusals] == ["a.csv"]
    assert folder.imports() == []


def test_a_profile_says_how_the_files_are_read(folder: Folder) -> None:
    with folder.database.write() as tx:
        options = ImportOptions(station="61990001", unit="cm", tz="UTC")
        import_profiles.save(tx, "logger", options, who="示范张三", now=NOW)
    folder.restart(profile="logger", station="", unit="")
    folder.put(TABLE.replace("95.", "95"))
    folder.poller.poll()
    assert folder.files() == ["done/a.csv"]
    assert min(stored(folder.database).values()) == 95.01


def test_the_end_of_the_service_leaves_what_is_not_done(folder: Folder) -> None:
    folder.put(TABLE)
    folder.way.stopping.set()
    folder.poller.poll()
    assert folder.files() == ["a.csv"]


def test_a_folder_that_is_not_there_fails_the_poll(folder: Folder) -> None:
    (folder.data / "in").rmdir()
    with pytest.raises(FileNotFoundError):
        folder.poller.poll()
