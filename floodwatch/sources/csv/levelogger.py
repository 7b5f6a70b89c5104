"""Solinst's own files (.xle): their XML as the text table that the maker's programs export."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO
from xml.etree.ElementTree import Element, ParseError, iterparse

from floodwatch.model.errors import ImportRefused

_ROOT = b"<Body_xle"
_TITLES = (
    ("Serial_number:", "Serial_number"),
    ("Project ID:", "Project_ID"),
    ("Location:", "Location"),
)


def is_levelogger(path: Path) -> bool:
    """Whether a file is one of them."""
    with path.open("rb") as file:
        return _ROOT in file.read(4096).replace(b"\x00", b"")


def write(path: Path, target: TextIO, *, name: str) -> None:
    """Write the preamble and the rows. Raises ImportRefused when the file is damaged."""
    try:
        _write(path, target)
    except ParseError as error:
        raise ImportRefused(f"{name}: the file is cut off or damaged: {error}") from error


def _write(path: Path, target: TextIO) -> None:
    writer = csv.writer(target, lineterminator="\n")
    said: dict[str, str] = {}
    channels: list[tuple[str, str]] = []
    begun = False
    for _, element in iterparse(path):  # noqa: S314 - expat bounds what entities grow to
        if element.tag == "Log":
            if not begun:
                writer.writerows(_preamble(said, channels))
                begun = True
            fields = ("Date", "Time", "ms", *(f"ch{i + 1}" for i in range(len(channels))))
            writer.writerow([_text(element, field) for field in fields])
            element.clear()
        elif element.tag.startswith("Ch") and element.tag.endswith("_data_header"):
            channels.append((_text(element, "Identification"), _text(element, "Unit")))
        elif element.text and element.text.strip():
            said.setdefault(element.tag, " ".join(element.text.split()))
    if not begun:
        writer.writerows(_preamble(said, channels))


def _preamble(said: dict[str, str], channels: list[tuple[str, str]]) -> Iterator[list[str]]:
    for title, tag in _TITLES:
        yield [title]
        yield [said.get(tag, "")]
    for channel, unit in channels:
        yield [channel.upper()]
        yield [f"UNIT: {unit}"]
    yield ["Date", "Time", "ms", *(channel.upper() for channel, _ in channels)]


def _text(element: Element, tag: str) -> str:
    return " ".join((element.findtext(tag) or "").split())
