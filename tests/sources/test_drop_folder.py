"""Which files of a folder are complete, and where they go."""

import os
from pathlib import Path

import pytest

from floodwatch.sources.drop_folder import DropFolder, Found, Link, digest, free_name


class Clock:
    """Monotonic seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def names(folder: DropFolder) -> list[str]:
    return [found.name for found in folder.look() if isinstance(found, Found)]


def test_a_file_is_taken_once_it_has_stopped_growing(tmp_path: Path, clock: Clock) -> None:
    folder = DropFolder(tmp_path, settle_s=10, clock=clock)
    path = tmp_path / "a.csv"
    path.write_text("1")
    assert names(folder) == []
    clock.now = 9
    path.write_text("12")
    assert names(folder) == []
    clock.now = 18
    assert names(folder) == []
    clock.now = 19
    assert names(folder) == ["a.csv"]


def test_what_is_still_being_sent_is_left_alone(tmp_path: Path) -> None:
    for name in ("a.csv.part", "b.tmp", ".hidden.csv", "c.csv~", "d.FILEPART"):
        (tmp_path / name).write_text("x")
    assert names(DropFolder(tmp_path, settle_s=0)) == []


def test_a_companion_says_that_a_file_is_complete(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path, settle_s=99, companion=".ok")
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "b.csv").write_text("x")
    assert names(folder) == []
    (tmp_path / "a.csv.ok").touch()
    (tmp_path / "b.ok").touch()
    found = [one for one in folder.look() if isinstance(one, Found)]
    assert [one.name for one in found] == ["a.csv", "b.csv"]
    folder.put_away(found[0], "done")
    assert not (tmp_path / "a.csv.ok").exists()


def test_only_names_of_the_pattern_are_taken_in_any_case(tmp_path: Path) -> None:
    for name in ("a.csv", "B.CSV", "c.txt"):
        (tmp_path / name).write_text("x")
    assert sorted(names(DropFolder(tmp_path, ("*.csv",), settle_s=0))) == ["B.CSV", "a.csv"]


def test_sub_folders_are_looked_into_but_not_what_was_put_away(tmp_path: Path) -> None:
    for place in ("石桥/2024", "done", "refused"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "a.csv").write_text("x")
    assert names(DropFolder(tmp_path, settle_s=0)) == ["石桥/2024/a.csv"]
    assert names(DropFolder(tmp_path, settle_s=0, subfolders=False)) == []


def test_links_are_never_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.csv").write_text("x")
    (inside / "a.csv").symlink_to(outside / "secret.csv")
    (inside / "sub.csv").symlink_to(outside)
    os.mkfifo(inside / "pipe.csv")
    assert DropFolder(inside, settle_s=0).look() == [Link("a.csv"), Link("sub.csv")]


def test_the_oldest_file_comes_first(tmp_path: Path) -> None:
    for name, time in (("a.csv", 300), ("b.csv", 100), ("c.csv", 200)):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (time, time))
    assert names(DropFolder(tmp_path, settle_s=0)) == ["b.csv", "c.csv", "a.csv"]


def test_files_of_the_same_name_are_all_kept(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path, settle_s=0)
    for text in ("1", "2", "3"):
        (tmp_path / "s").mkdir(exist_ok=True)
        (tmp_path / "s/a.csv").write_text(text)
        (found,) = folder.look()
        assert isinstance(found, Found)
        folder.put_away(found, "done")
    kept = {path.name: path.read_text() for path in (tmp_path / "done/s").iterdir()}
    assert kept == {"a.csv": "1", "a~2.csv": "2", "a~3.csv": "3"}


def test_a_free_name_does_not_follow_a_dead_link(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path / "nowhere")
    assert free_name(tmp_path / "a.csv").name == "a~2.csv"


def test_a_file_that_changes_or_vanishes_has_no_digest(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path, settle_s=0)
    (tmp_path / "a.csv").write_text("x")
    (found,) = folder.look()
    assert isinstance(found, Found)
    assert digest(found)
    assert digest(found, stopping=lambda: True) is None
    (tmp_path / "a.csv").write_text("xy")
    assert digest(found) is None
    (tmp_path / "a.csv").unlink()
    assert digest(found) is None


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DropFolder(tmp_path / "no").look()
