"""`sl651`: frames of telemetry stations read on the command line."""

import importlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import click

from floodwatch import config
from floodwatch.cli.context import Call, shared
from floodwatch.model.errors import ConfigError
from floodwatch.sources.sl651.decode import decode as read
from floodwatch.sources.sl651.document import damage_document, frame_document
from floodwatch.sources.sl651.frame import Damage, Fault, Frame
from floodwatch.sources.sl651.message import Dialect, HourLabels
from floodwatch.sources.sl651.packets import Assembly
from floodwatch.sources.sl651.readings import Book, book_of
from floodwatch.sources.sl651.scan import scan

SERVING = ("serve", "simulate")
_BETWEEN = str.maketrans("", "", " \t\r\n,;:")
_CONTROLS = frozenset(range(9))  # in every frame, in no text
_NOT_HEX = re.compile(r"[^0-9A-Fa-f]")
_BASE = re.compile(r"(?:DRZ)?([1-8])=(-?\d+(?:\.\d+)?)")


class _Commands(click.Group):
    """The server and its clients are imported only when they are called: decoding needs neither."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order people need them."""
        return ["decode", *SERVING]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Each is named after its function."""
        if cmd_name not in SERVING:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module("floodwatch.cli.telemetry_serve")
        found: click.Command = getattr(module, cmd_name)
        return found


@click.group("sl651", cls=_Commands)
def sl651() -> None:
    """SL 651-2014, the telemetry protocol of hydrological stations."""


@sl651.command("decode")
@click.argument("hex_digits", metavar="[HEX]...", nargs=-1)
@click.option("--tz", help="Zone of the stations' clocks; default: the configured one.")
@click.option(
    "--labels",
    type=click.Choice([label.value for label in HourLabels]),
    help="What the time before an hour of five-minute values is.",
)
@click.option("--base", "bases", multiple=True, metavar="N=M", help="Base of relative level N, m.")
@click.option("--zero-missing", is_flag=True, help='A level of zero means "no value".')
@click.option("--hunan", is_flag=True, help="FF11 to FF18 as Hunan's rules have them.")
@shared
def decode(call: Call, hex_digits: tuple[str, ...], **options: Any) -> None:
    """Print what frames say, one JSON object a frame; without HEX they are read from input.

    Stations that are configured are read as configured; the options say otherwise. Exit code 1
    when there is a frame that is none.
    """
    reading = _Reading(_book(call), options)
    documents: list[dict[str, Any]] = []
    for capture in _captures(hex_digits):
        documents += reading.documents(capture)
    if call.json and len(documents) != 1:
        click.echo(json.dumps(documents, ensure_ascii=False))
    else:
        for document in documents:
            click.echo(json.dumps(document, ensure_ascii=False))
    if not documents or not all(document["crc_ok"] for document in documents):
        sys.exit(1)


@dataclass(slots=True)
class _Reading:
    """Reads capture after capture; packets of one message may lie in several."""

    book: Book
    options: dict[str, Any]
    packets: Assembly = field(default_factory=Assembly)

    def documents(self, capture: bytes) -> list[dict[str, Any]]:
        """A document for each frame and each damaged one, in their order."""
        documents: list[dict[str, Any]] = []
        strays: list[Damage] = []  # what lies around frames is told of with a frame
        for piece in scan(capture, final=True).pieces:
            if isinstance(piece, Damage) and piece.fault is Fault.STRAY:
                strays.append(piece)
                continue
            documents.append(self._document(piece))
        if not documents:
            return [damage_document(stray) for stray in strays]
        told = [{"fault": str(stray.fault), "text": stray.text} for stray in strays]
        documents[-1]["problems"] += told
        return documents

    def _document(self, piece: Frame | Damage) -> dict[str, Any]:
        if isinstance(piece, Frame):
            return self._frame(piece)
        return damage_document(piece, self._dialect(piece.frame.station if piece.frame else ""))

    def _frame(self, frame: Frame) -> dict[str, Any]:
        dialect = self._dialect(frame.station)
        document = frame_document(frame, read(frame, dialect), dialect.zone)
        whole = self.packets.add(frame, 0).whole if frame.packet else None
        if whole is not None:
            message = frame_document(whole, read(whole, dialect), dialect.zone)
            document["message"] = message  # all packets of it have come
        return document

    def _dialect(self, address: str) -> Dialect:
        known = self.book.get(address)
        dialect = known.dialect if known else Dialect(zone=self.book.zone)
        options = self.options
        if options["tz"]:
            dialect = replace(dialect, zone=_zone(options["tz"]))
        if options["labels"]:
            dialect = replace(dialect, hour_labels=HourLabels(options["labels"]))
        if options["bases"]:
            dialect = replace(dialect, bases=_bases(options["bases"]))
        return replace(
            dialect,
            zero_is_missing=dialect.zero_is_missing or options["zero_missing"],
            hunan=dialect.hunan or options["hunan"],
        )


def _book(call: Call) -> Book:
    """The configured stations; none where there is no configuration."""
    if not (call.config / "floodwatch.toml").exists():
        return Book()
    try:
        return book_of(config.load(call.config))
    except ConfigError as error:
        click.echo(f"floodwatch: {call.config} has errors and is not used: {error}", err=True)
        return Book()


def _zone(name: str) -> ZoneInfo:
    if name not in available_timezones():
        raise click.UsageError(f"unknown time zone {name!r}; write one such as Asia/Shanghai")
    return ZoneInfo(name)


def _bases(given: Iterable[str]) -> dict[int, float]:
    bases = {}
    for text in given:
        match = _BASE.fullmatch(text.upper())
        if match is None:
            raise click.UsageError(f"--base {text}: write it as 1=10.000 for DRZ1")
        bases[int(match[1])] = float(match[2])
    return bases


def _captures(given: tuple[str, ...]) -> Iterator[bytes]:
    """The bytes of all arguments, one after the other, or of each line of the input."""
    if given:
        yield b"".join(_octets(text) for text in given)
        return
    raw = sys.stdin.buffer.read()
    if _CONTROLS & set(raw):
        yield raw  # the frames themselves, not hex digits
        return
    for line in raw.decode("utf-8", "replace").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield _octets(line)


def _octets(text: str) -> bytes:
    digits = text.translate(_BETWEEN)
    digits = digits[2:] if digits[:2] in ("0x", "0X") else digits
    wrong = _NOT_HEX.search(digits)
    if wrong:
        raise click.UsageError(
            f"{text[:40]!r} is not hex ({wrong[0]!r} at {wrong.start() + 1}); write 7E7E01…"
        )
    return bytes.fromhex(digits[: len(digits) // 2 * 2])
