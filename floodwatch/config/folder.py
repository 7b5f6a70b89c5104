"""The configuration folder as one document: every file's text by its name, and their hash."""

from pathlib import Path

from floodwatch.model.errors import ConfigError, Problem

REQUIRED = ("floodwatch.toml", "stations.toml", "thresholds.toml", "recipients.toml")
OPTIONAL = ("plans.toml",)
FOLDERS = (("curves", ".csv"), ("map", ".geojson"))


def names(folder: Path) -> list[str]:
    """The files of the configuration that are there, by their names within the folder."""
    found = [name for name in (*REQUIRED, *OPTIONAL) if (folder / name).is_file()]
    for below, ending in FOLDERS:
        found += sorted(f"{below}/{path.name}" for path in (folder / below).glob(f"*{ending}"))
    return found


def documents(folder: Path) -> dict[str, str]:
    """The text of every file. Raises ConfigError naming each that cannot be read."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    if not folder.is_dir():
        remedy = "name the folder with --config, or write one with: floodwatch init DIR"
        raise ConfigError([Problem(str(folder), None, "folder", "there is no such folder", remedy)])
    for name in names(folder):
        try:
            texts[name] = (folder / name).read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            what = f"not UTF-8 text (byte {error.start})"
            problems.append(Problem(name, None, "encoding", what, "save the file as UTF-8"))
        except OSError as error:
            what = f"cannot be read: {error.strerror}"
            problems.append(Problem(name, None, "file", what, "correct its permissions"))
    if problems:
        raise ConfigError(problems)
    return texts


def signature(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """What changes when a file changes, without reading any: name, time, size and inode."""
    found = []
    for name in names(folder):
        try:
            stat = (folder / name).stat()
        except OSError:
            continue
        found.append((name, stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)
