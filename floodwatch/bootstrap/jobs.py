"""What the engine does by the timetable, beside polling its sources."""

import logging

from floodwatch.audit import violations
from floodwatch.bootstrap import telemetry
from floodwatch.bootstrap.services import Services
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.errors import FloodWatchError
from floodwatch.pipeline import alive, backups, coming
from floodwatch.pipeline.backups import Keeping
from floodwatch.pipeline.compact import tidy
from floodwatch.pipeline.self_watch import AUDIT, nightly
from floodwatch.scheduler import Job
from floodwatch.sources.simulator.control import SHOWS
from floodwatch.store import changes
from floodwatch.store.clockwork import set_setting, setting

log = logging.getLogger(__name__)


def of(services: Services, epoch: int) -> list[Job]:
    """The jobs of the engine that holds `epoch`."""

    def tidy_up() -> object:
        district = services.configuration.current()
        now = services.now()
        if services.demonstration:  # it may begin again: what came since stays in rows
            now = min(now, SHOWS[services.show].begin)
        with services.database.write(epoch=epoch) as tx:
            changes.forget(tx)
        return tidy(services.database, district=district, now=now, epoch=epoch)

    def say_alive() -> object:
        return alive.send(
            services.database,
            district=services.configuration.current(),
            now=services.now(),
            epoch=epoch,
        )

    def list_coming() -> object:
        return coming.send(
            services.database,
            district=services.configuration.current(),
            now=services.now(),
            epoch=epoch,
        )

    made = [
        Job("tidy", HOUR, tidy_up),
        Job("audit", HOUR, lambda: _audit(services, epoch)),
        Job("alive", MINUTE, say_alive),
        Job("coming", 10 * MINUTE, list_coming),
        Job("frames", HOUR, lambda: telemetry.forget_old(services, epoch=epoch)),
    ]
    if not services.demonstration:  # its data are made anew, not put back
        every = int(services.configuration.current().backup.get("every", HOUR))
        made.append(Job("backup", every, lambda: _back_up(services, every)))
    return made


def save_deleted(services: Services) -> None:
    """Write what is still open of a deleted database into a backup: the next start has it."""
    try:
        backups.take(services.database, _keeping(services), now=services.now(), deleted=True)
    except FloodWatchError:
        log.exception("what was in the deleted database could not be saved")


def _back_up(services: Services, every: int) -> None:
    """Not at every start: an engine that keeps falling must not push the good backups out."""
    now, keeping = services.now(), _keeping(services)
    if backups.age(keeping, now=now) >= every * 9 // 10:
        backups.take(services.database, keeping, now=now)


def _keeping(services: Services) -> Keeping:
    return Keeping.of(services.configuration.current().backup, services.data)


def _audit(services: Services, epoch: int) -> None:
    """Once a night; what is not explained becomes a system alert."""
    now = services.now()
    tz = services.configuration.current().tz
    with services.database.read() as connection:
        last = setting(connection, AUDIT)
        span = nightly(now, last=int(last["to"]) if isinstance(last, dict) else None, tz=tz)
        if span is None:
            return
        found = violations(connection, start=span[0], end=span[1], now=now)
    for one in found:
        log.error("audit: %s: %s: %s", *one[:2], one.what)
    noted: dict[str, int | str] = {"at": now, "to": span[1], "unexplained": len(found)}
    if found:
        noted["first"] = f"{found[0].kind}: {found[0].where}: {found[0].what}"
    with services.database.write(epoch=epoch) as tx:
        set_setting(tx, AUDIT, noted)
