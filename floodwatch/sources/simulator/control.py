"""The demonstration's clock: its speed, its jumps, and the moments the engine must live through."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from floodwatch.model.clock import DAY, HOUR, MINUTE, SECOND, Clock
from floodwatch.model.errors import Refused
from floodwatch.sources.simulator import drought
from floodwatch.sources.simulator.storm import END, T0

LONGEST_STEP = MINUTE  # of demonstration time between two ticks
SPEEDS = (1, 6, 60)

_MORNING = T0 - 20 * HOUR + DAY  # 2026-06-18 00:00 local
OPENING = _MORNING + 3 * HOUR


class Jump(NamedTuple):
    """A button of the page: its text and the moment it leads to."""

    label: str
    at: int  # ms UTC


JUMPS = (
    Jump("03:00 暴雨", OPENING),
    Jump("04:25 失测", _MORNING + 4 * HOUR + 24 * MINUTE),
    Jump("08:00 水情日报", _MORNING + 8 * HOUR - 30 * SECOND),
    Jump("11:30 补报", _MORNING + 11 * HOUR + 30 * MINUTE - 30 * SECOND),
)


class Show(NamedTuple):
    """What is shown: when it begins and ends, its opening, its speeds and buttons. Times ms UTC."""

    name: str
    begin: int  # readings before it are the past
    opening: int
    end: int
    speeds: tuple[int, ...]
    speed: int
    jumps: tuple[Jump, ...]
    step: int  # the longest between two ticks, ms of demonstration time


STORM = Show("storm", T0, OPENING, END, SPEEDS, 60, JUMPS, LONGEST_STEP)
DROUGHT = Show(
    "drought",
    drought.BEGIN,
    drought.BEGIN,
    drought.BEGIN + drought.DAYS * DAY,
    (60, 3_600, 86_400),
    3_600,
    (
        Jump("旱情第1天", drought.BEGIN),
        Jump("旱情第46天", drought.BEGIN + 46 * DAY - 30 * SECOND),
        Jump("旱情第55天", drought.BEGIN + 55 * DAY - 30 * SECOND),
        Jump("旱情第72天", drought.BEGIN + 72 * DAY - 30 * SECOND),
    ),
    HOUR,  # as often as its stations report: more would only slow a day a second down
)
SHOWS = {show.name: show for show in (STORM, DROUGHT)}


class Order(NamedTuple):
    """What the page asks of the clock. `jump` is a moment in ms UTC, `seq` counts the orders."""

    seq: int = 0
    speed: int = 60
    paused: bool = False
    jump: int | None = None


def order_of(wish: Mapping[str, Any] | None, show: Show = STORM) -> Order:
    """An order from {"speed", "paused", "jump", "seq"}; `jump` is a button's text, ms, or null.

    Raises Refused for a speed or a button that does not exist.
    """
    wish = wish or {}
    speed, jump = wish.get("speed", show.speed), wish.get("jump")
    if speed not in (0, *show.speeds):
        known_speeds = ", ".join(map(str, (0, *show.speeds)))
        raise Refused(f"the demonstration has no speed ×{speed} -> use one of {known_speeds}")
    if isinstance(jump, str):
        known = {button.label: button.at for button in show.jumps}
        if jump not in known:
            raise Refused(f"there is no jump to {jump!r} -> use one of {', '.join(known)}")
        jump = known[jump]
    paused = bool(wish.get("paused", False)) or speed == 0
    return Order(int(wish.get("seq", 0)), int(speed) or show.speed, paused, jump)


class DemoClock:
    """A model.clock.Clock in demonstration time: runs at a speed, stands, or is led by the hand.

    `running()` is where the demonstration should be by the real monotonic clock. The engine walks
    there: `for moment in clock.moments(feed.arrivals): clock.set(moment); …`. `wall` and
    `monotonic` give the moment last set, so that everything judged, sent and escalated within one
    moment sees one time. It does not run while the walk to a jump is under way, and stands still at
    `end`.
    """

    def __init__(
        self,
        real: Clock,
        *,
        at: int | None = None,
        speed: int | None = None,
        end: int | None = None,
        show: Show = STORM,
    ) -> None:
        self.show = show
        at = show.opening if at is None else at
        speed = show.speed if speed is None else speed
        self._real = real
        self._end = show.end if end is None else end
        self._anchor, self._anchor_real = at, real.monotonic()
        self._now = at
        self._walking = False  # the moment to walk to is still ahead: time does not run meanwhile
        self._order = Order(speed=speed)

    def wall(self) -> int:
        """Demonstration time in ms UTC: the moment being lived through."""
        return self._now

    def monotonic(self) -> float:
        """Demonstration time in seconds; goes back only when the demonstration starts anew."""
        return self._now / SECOND

    @property
    def speed(self) -> int:
        """How fast it runs: 0 while it stands."""
        return 0 if self._order.paused else self._order.speed

    @property
    def order(self) -> Order:
        """The order in force."""
        return self._order

    def set(self, moment: int) -> None:
        """Live in `moment`."""
        self._walking = self._walking or moment < self._now
        self._now = moment
        if self._walking and moment >= self._anchor:
            self._walking = False
            self._anchor_real = self._real.monotonic()

    def running(self) -> int:
        """Where the demonstration should be now."""
        if self._walking:
            return self._anchor
        passed = (self._real.monotonic() - self._anchor_real) * SECOND * self.speed
        return max(self._anchor, min(self._anchor + int(passed), self._end))

    def obey(self, order: Order) -> int | None:
        """Take an order; an old one changes nothing.

        A jump ahead moves the target of the walk; everything on the way is still lived through. A
        jump back cannot be walked: its moment is returned, and the caller must empty the database,
        begin again before it and `restart` the clock there.
        """
        if order.seq <= self._order.seq:
            return None
        here = self.running()
        back = order.jump if order.jump is not None and order.jump < self._now else None
        ahead = here if order.jump is None or back is not None else min(order.jump, self._end)
        self._order = order
        self._anchor, self._anchor_real = ahead, self._real.monotonic()
        self._walking = ahead != here
        return back

    def restart(self, at: int) -> None:
        """Begin again: the clock stands in `at` and runs from there."""
        self._now = self._anchor = at
        self._walking = False
        self._anchor_real = self._real.monotonic()

    def moments(self, arrivals: Sequence[int]) -> Iterator[int]:
        """The moments from the one last set to where the clock should be, in order."""
        yield from steps(self._now, self.running(), arrivals, longest=self.show.step)


def steps(
    after: int, until: int, arrivals: Sequence[int] = (), *, longest: int = LONGEST_STEP
) -> Iterator[int]:
    """Moments to live through with after < moment <= until: each arrival, never `longest` without.

    `arrivals` rise. The last moment is `until` itself.
    """
    place, now = bisect_right(arrivals, after), after
    while now < until:
        now = min(now + longest, until)
        if place < len(arrivals) and arrivals[place] <= now:
            now = arrivals[place]
            place += 1
        yield now
