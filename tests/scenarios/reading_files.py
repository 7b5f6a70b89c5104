"""The words of a scenario file, checked: a file that says something unknown is refused.

    title = "…"                     what must be seen, in one sentence
    source = "…"                    the decision or the failure it comes from
    start = "2026-06-18T00:00"      local time at which the clock stands first
    until = "06:00"                 local time at which it ends
    tick = 5                        minutes from one look of the engine to the next (else 1)
    deliver = false                 messages stay in the outbox (else the sender takes them)
    [files]                         file name -> text in place of the town's file
    [config]                        file name -> text added to the town's file
    [replace]                       file name -> [[old, new], …]
    [[readings]]                    station, variable, gauge, unit, period = minutes,
                                    series = "00:00 95.10 | 00:05 95.30", or from, to, every,
                                    value, rise, and then `hours` at which it speaks;
                                    received = "03:00" (all came then); delay = minutes;
                                    import = true; ahead = minutes its clock is ahead
    [[events]]                      at, do = one of DOINGS (doings.py), and what that needs
    [expect]
    life = ["00:10 61990001 level fired II design_flood", …]   every transition, in order
    told = {"示范值班" = 2}         messages to each person, everybody who was written to
    called = {"示范巡查" = 1}       of these, calls
    heard = {"示范值班" = 1}        messages that reached each person (with deliver)
    tones = 1                       how often the room's tone sounded
    open = ["61990001 level II"]    what stands at the end
    never = ["示范巡查"]            who must hear nothing
    states = {"示范巡查" = ["answered"]}    how each one's obligations stand, in order
    texts = ["示范值班: 3小时前"]   each stands in the first 70 characters of a message to them
    order = ["示范值班: 【内部告警Ⅱ】", …]   what reached people, one after the other
    notes = ["…"]                   each stands in a line of an alert's timeline
    kept = {stored = 9, quarantined = 1}    what became of the readings
    requests = 1                    how often another authority's pumps were asked for
    refused = 1                     how many of the events were refused

Times are local, `00:05` on the day of `start` or later, `+1 00:05` a day on.
"""

import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
FOLDER = Path(__file__).parent
MUTANTS_FILE = "mutants.toml"  # no scenario
_TOP = "title source start until tick deliver files config replace readings events expect"
_READINGS = (
    "station variable gauge unit period series received import every from to value rise hours "
    "ahead delay"
)
_EXPECT = "life told called heard tones open never states texts notes kept order refused requests"
_KNOWN = {
    "": set(_TOP.split()),
    "readings": set(_READINGS.split()),
    "expect": set(_EXPECT.split()),
}


@dataclass(frozen=True)
class Said:
    """A reading that comes in at a moment; `time` is its own."""

    at: int
    station: str
    variable: str
    time: int
    value: float | None
    gauge: str | None = None
    unit: str | None = None
    period: int | None = None
    imported: bool = False


@dataclass(frozen=True)
class Event:
    """Something people or faults do at a moment."""

    at: int
    do: str
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """One file."""

    name: str
    title: str
    start: int
    until: int
    tick: float  # minutes
    deliver: bool
    files: dict[str, str]
    config: dict[str, str]
    replace: dict[str, list[list[str]]]
    said: tuple[Said, ...]
    events: tuple[Event, ...]
    expect: dict[str, Any]


def names() -> list[str]:
    """Every scenario there is."""
    return sorted(path.stem for path in FOLDER.glob("*.toml") if path.name != MUTANTS_FILE)


def load(name: str) -> Scenario:
    """Read and check one file."""
    raw = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    _check(name, "", raw)
    _check(name, "expect", raw["expect"])
    start = datetime.fromisoformat(raw["start"]).replace(tzinfo=ZONE)
    said = [one for each in raw.get("readings", []) for one in _said(name, each, start)]
    events = [_event(each, start) for each in raw.get("events", [])]
    return Scenario(
        name=name,
        title=raw["title"],
        start=_ms(start),
        until=moment(raw["until"], start),
        tick=float(raw.get("tick", 1)),
        deliver=raw.get("deliver", True),
        files=raw.get("files", {}),
        config=raw.get("config", {}),
        replace=raw.get("replace", {}),
        said=tuple(sorted(said, key=lambda one: one.at)),
        events=tuple(sorted(events, key=lambda one: one.at)),
        expect=raw["expect"],
    )


def moment(text: str, start: datetime) -> int:
    """`00:05`, `00:05:30` or `+1 00:05` as ms UTC; `+` counts days from that of `start`."""
    days, _, clock = text.rpartition(" ")
    parts = [int(part) for part in clock.split(":")]
    hours, minutes, seconds = (*parts, 0, 0)[:3]
    day = start.date() + timedelta(days=int(days or 0))
    local = datetime(day.year, day.month, day.day, hours, minutes, seconds, tzinfo=ZONE)
    return _ms(local)


def _said(name: str, each: dict[str, Any], start: datetime) -> list[Said]:
    _check(name, "readings", each)
    received = moment(each["received"], start) if "received" in each else None
    delay, ahead = int(each.get("delay", 0) * 60_000), int(each.get("ahead", 0) * 60_000)
    found = []
    for time, value in _points(each, start):
        found.append(
            Said(
                at=time + delay if received is None else received,
                station=each["station"],
                variable=each["variable"],
                time=time + ahead,
                value=value,
                gauge=each.get("gauge"),
                unit=each.get("unit"),
                period=int(each["period"] * 60_000) if "period" in each else None,
                imported=each.get("import", False),
            )
        )
    return found


def _points(each: dict[str, Any], start: datetime) -> list[tuple[int, float | None]]:
    """Either a written series, or one value (rising by `rise`) every so many minutes."""
    if "series" in each:
        pairs = (pair.strip().rpartition(" ") for pair in each["series"].split("|"))
        return [
            (moment(clock, start), None if value == "-" else float(value))
            for clock, _, value in pairs
        ]
    first, last = moment(each["from"], start), moment(each["to"], start)
    step = int(each["every"] * 60_000)
    return [
        (at, round(each["value"] + number * each.get("rise", 0.0), 9))
        for number, at in enumerate(range(first, last + 1, step))
        if _hour(at) in each.get("hours", range(24))
    ]


def _hour(at: int) -> int:
    return datetime.fromtimestamp(at / 1000, ZONE).hour


def _event(each: dict[str, Any], start: datetime) -> Event:
    more = {key: value for key, value in each.items() if key not in ("at", "do")}
    return Event(moment(each["at"], start), each["do"], more)


def _check(name: str, part: str, table: dict[str, Any]) -> None:
    unknown = set(table) - _KNOWN[part]
    if unknown:
        raise ValueError(f"{name}.toml: {part or 'top'} says {sorted(unknown)}, which is unknown")


def _ms(local: datetime) -> int:
    return int(local.timestamp() * 1000)
