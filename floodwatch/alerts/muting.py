"""Why nobody is told of an alert for a while: people mute it, or another alert says it. Pure."""

from collections.abc import Iterable, Mapping

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.errors import Refused
from floodwatch.model.mute import (
    FEED,
    LEVEL,
    OFFLINE,
    RISE_SILENT,
    SERVICE,
    STALE,
    SYSTEM,
    Matter,
    Mute,
    MuteKind,
)
from floodwatch.model.severity import Severity
from floodwatch.model.station import MANUAL, Station, StationKind

SHELVED_USUALLY = 2 * HOUR
SHELVED_LONGEST = 4 * HOUR
SHELVED_ALONE = 30 * MINUTE  # a grade I, by one person
MAINTENANCE_LONGEST = 7 * DAY  # whatever the service allows
NO_STATION = Station("", "", StationKind.RESERVOIR, ())  # of an alert about none
# After the alert that said it has ended, the others get so long to end by themselves.
LINGER = MINUTE
LINGER_FEED = 15 * MINUTE
HELD = 3 * MINUTE  # a silence behind a gateway waits so long for the gateway's own alert


def over(mute: Mute) -> int:
    """When a mute is over, whatever was written down as its end."""
    return min(mute.ends, mute.begins + longest(mute.kind, mute.severity, mute.second))


def stands(mute: Mute, now: int) -> bool:
    """Whether it mutes at `now`."""
    return mute.begins <= now < over(mute)


def longest(kind: MuteKind, severity: int, second: str | None) -> int:
    """For how long at most something may be muted, ms."""
    if kind is MuteKind.MAINTENANCE:
        return MAINTENANCE_LONGEST
    return SHELVED_ALONE if severity == Severity.I and not second else SHELVED_LONGEST


def check_shelve(severity: Severity, span: int, *, who: str, reason: str, second: str) -> None:
    """Refuse to shelve without a name, without a reason, for too long, or a grade I alone."""
    _check(who, reason, second)
    if span <= 0 or span > SHELVED_LONGEST:
        raise Refused(
            f"an alert is shelved for at most {SHELVED_LONGEST // HOUR} h, 不超过 4 小时; "
            "choose a shorter time and shelve it again if need be"
        )
    if severity is Severity.I and not second and span > SHELVED_ALONE:
        raise Refused(
            "a grade I is shelved by two persons, Ⅰ级须二人同意; name the second one, or shelve it "
            f"for at most {SHELVED_ALONE // MINUTE} minutes (then the leader is told)"
        )


def check_maintenance(
    begins: int,
    ends: int,
    *,
    now: int,
    most: int,
    severity: Severity,
    who: str,
    reason: str,
    second: str,
) -> None:
    """Refuse maintenance without a name or a reason, too long, past, or of a grade I alone."""
    _check(who, reason, second)
    limit = min(most, MAINTENANCE_LONGEST)
    if ends <= begins or ends <= now:
        raise Refused(
            "maintenance must end after it begins, and not in the past; correct the times"
        )
    if ends - begins > limit:
        raise Refused(
            f"maintenance lasts at most {limit / HOUR:g} h here; shorten it, or raise "
            "longest_maintenance in floodwatch.toml"
        )
    if severity is Severity.I and not second:
        raise Refused(
            "to mute a grade I as well, a second person must agree, Ⅰ级须二人同意; name that "
            "person, or mute up to grade II"
        )


def _check(who: str, reason: str, second: str) -> None:
    if not who.strip():
        raise Refused("say who mutes it; a mute without a name is not possible")
    if not reason.strip():
        raise Refused("give a reason, 请写明原因; a mute without a reason is not possible")
    if second and second.strip() == who.strip():
        raise Refused("the second person must be somebody else, 第二人不能是本人")


def muted_by(
    matter: Matter,
    mutes: Iterable[Mute],
    others: Iterable[Matter],
    *,
    stations: Mapping[str, Station],
    now: int,
) -> str | None:
    """Why nobody is told of this alert now: "shelve:ID", "maintenance:ID" or "alert:ID"; or None.

    People's mutes come first. `others` are the alerts that may stand for it, open or just ended.
    """
    standing = [mute for mute in mutes if stands(mute, now) and matter.severity <= mute.severity]
    for mute in standing:
        if mute.kind is MuteKind.SHELVE and mute.alert_id == matter.id:
            return f"{mute.kind}:{mute.id}"
    for mute in standing:
        if mute.kind is MuteKind.MAINTENANCE and mute.station == matter.station:
            return f"{mute.kind}:{mute.id}"
    station = stations.get(matter.station, NO_STATION)
    saying = [other for other in others if _says(other, matter, station, now)]
    saying.sort(key=lambda other: (other.type != FEED, other.id))
    return f"alert:{saying[0].id}" if saying else None


def _says(other: Matter, matter: Matter, station: Station, now: int) -> bool:
    """Whether an alert says what another one would: the silence of a source or gateway, of a
    station, of a gauge that rose; a level that somebody has read and telemetry tells too.

    One that is graver than what would hide it is told all the same. That a gauge fell silent while
    it rose is more than silence, and never hidden.
    """
    if matter.severity > other.severity:
        return False
    source = other.type == SYSTEM and other.gauge != SERVICE
    if source and matter.type == FEED and matter.gauge == other.gauge:
        return _lasts(other, matter, LINGER_FEED, now)
    if (source or other.type == FEED) and matter.type in (STALE, OFFLINE):
        gateway = station.gateway
        linger = min(station.reporting.silent_after, LINGER_FEED)
        return bool(gateway) and gateway == other.gauge and _lasts(other, matter, linger, now)
    if other.type == OFFLINE and matter.type == STALE and other.station == matter.station:
        return _lasts(other, matter, LINGER, now)
    if other.type == RISE_SILENT and matter.type == STALE:
        gauge = (other.station, other.gauge) == (matter.station, matter.gauge)
        return gauge and _lasts(other, matter, LINGER, now)
    if other.type == LEVEL == matter.type and matter.gauge == MANUAL != other.gauge:
        place = (other.station, other.variable) == (matter.station, matter.variable)
        return place and _lasts(other, matter, LINGER, now)
    return False


def _lasts(other: Matter, matter: Matter, linger: int, now: int) -> bool:
    """An ended alert goes on hiding only what it hid, and not for long."""
    if other.resolved_at is None:
        return True
    return matter.muted_by == f"alert:{other.id}" and now < other.resolved_at + linger


def waits_for_feed(type_: str, severity: int, station: Station | None) -> bool:
    """Whether a message waits HELD, so that the alert of a dead gateway can come first."""
    mild = severity <= Severity.III and type_ in (STALE, OFFLINE)
    return mild and station is not None and bool(station.gateway)
