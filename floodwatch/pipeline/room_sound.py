"""The tones of the duty room: what rings now, and what waits for the distance to the last one."""

from floodwatch.alerts import sounds
from floodwatch.alerts.sounds import Tone
from floodwatch.model.district import District
from floodwatch.model.people import Room, Route, Way
from floodwatch.model.severity import Severity
from floodwatch.store import sounds as sound_log
from floodwatch.store.database import Transaction
from floodwatch.store.sounds import Sounded


def is_sounded(route: Route, severity: Severity) -> bool:
    """Whether the room hears a tone when this opens, as the route has it."""
    if route.screen_only or route.room is Room.SCREEN:
        return False
    called = any(duty.way is Way.CALL for duty in route.all_duties)
    return route.room is Room.SOUND or severity >= Severity.III or called


class Bell:
    """The bell of one transaction: one tone covers everything that opens in it."""

    def __init__(self, tx: Transaction, *, district: District, now: int) -> None:
        self._tx, self._now = tx, now
        heard = sound_log.lately(tx.connection, now=now)
        self._heard = [Tone(tone.at, tone.severity, tone.kind) for tone in heard]
        begins, ends = sound_log.night_of(now, district.tz)
        self._begins, self._by_night = begins, begins <= now < ends

    @property
    def _tonight(self) -> int:
        if not self._by_night:
            return 0
        return sum(tone.at >= self._begins for tone in self._heard)

    def ring(self, alert_id: int, severity: Severity, *, kind: str = "new") -> int:
        """Ring, or say from when this may ring (service ms): rung exactly if that is now."""
        if self._heard and self._heard[-1].at == self._now and self._heard[-1].severity >= severity:
            return self._now  # the tone that sounds now is this one's too
        due = sounds.due_at(self._heard, severity, now=self._now, tonight=self._tonight)
        if due <= self._now:
            self._sound(alert_id, severity, kind)
        return due

    def repeat(self, alert_id: int, severity: Severity) -> None:
        """Ring once more for an unanswered grade I, if it is time for that."""
        due = sounds.repeat_at(self._heard, now=self._now - 1, tonight=self._tonight)
        if severity is Severity.I and due is not None and due <= self._now:
            self._sound(alert_id, severity, "repeat")

    def _sound(self, alert_id: int, severity: Severity, kind: str) -> None:
        sound_log.ring(self._tx, [Sounded(self._now, alert_id, int(severity), kind)])
        self._heard.append(Tone(self._now, int(severity), kind))
