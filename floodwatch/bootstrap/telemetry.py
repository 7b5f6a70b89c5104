"""The telemetry server over these services: its way in, and how long what it keeps is kept."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future

from floodwatch.bootstrap.services import Services
from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import HOUR
from floodwatch.model.reading import Outcome, RawReading
from floodwatch.model.telemetry import Picture, Trace
from floodwatch.sources.sl651.frame import Frame
from floodwatch.sources.sl651.scan import scan
from floodwatch.sources.sl651.server import TelemetryServer
from floodwatch.sources.sl651.settings import Sl651Table
from floodwatch.sources.way import Way
from floodwatch.store import frames, pictures
from floodwatch.store.database import Transaction

NAME = "sl651"
RECALLED = HOUR  # frames that were answered since then are recognised when they come again
MOST_RECALLED = 20_000


def telemetry_server(services: Services, settings: Sl651Table, way: Way) -> TelemetryServer:
    """The server; what it takes in goes through the writer of these services."""

    def take(
        readings: Sequence[RawReading], traces: Sequence[Trace], taken: Sequence[Picture]
    ) -> "Future[Receipt]":
        def beside(tx: Transaction, receipt: Receipt) -> None:
            stored = receipt.count(Outcome.STORED) + receipt.count(Outcome.CORRECTED)
            frames.keep(tx, traces, readings=stored, refused=_reasons(receipt))
            pictures.keep(tx, taken)

        return services.writer.enqueue(Batch(NAME, tuple(readings)), beside)

    def recall() -> list[Frame]:
        return list(_recalled(services))

    return TelemetryServer(settings, way, take, recall=recall)


def forget_old(services: Services, *, epoch: int | None) -> None:
    """Delete raw frames and pictures that have been kept for as long as is configured."""
    settings = services.configuration.current().sources.get(NAME) or Sl651Table()
    now = services.clock.wall()
    frames.forget(services.database, before=now - settings.keep_frames, epoch=epoch)
    pictures.forget(services.database, before=now - settings.keep_pictures, epoch=epoch)


def _recalled(services: Services) -> Iterator[Frame]:
    since = services.clock.wall() - RECALLED
    with services.database.read() as connection:
        kept = frames.since(connection, since, limit=MOST_RECALLED)
    for each in kept:
        yield from scan(each.raw, final=True).frames


def _reasons(receipt: Receipt) -> list[str]:
    return list(dict.fromkeys(each.reason for each in receipt.rejected))[:5]
