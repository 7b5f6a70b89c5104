"""The demonstration drought through the whole pipeline: each fact on its day, and quiet nights."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from shutil import copytree
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from floodwatch.model.clock import DAY, HOUR
from floodwatch.sources.simulator.control import DROUGHT
from floodwatch.sources.simulator.drought import BEGIN, DAYS
from floodwatch.sources.simulator.drought_feed import ENTRIES, EVENTS, PLANT, Drought, moment
from floodwatch.sources.simulator.faults import Sent
from floodwatch.sources.simulator.feed import Feed
from floodwatch.sources.simulator.stations import RESERVOIRS, RIVER
from floodwatch.store import alert_log
from floodwatch.store.database import Database
from floodwatch.store.tables import obligation, outbox, rule_state
from tests.pipeline.storming import FOLDER, LOCAL, showing

STEP = 6 * HOUR  # between two ticks, where nothing arrives
DAMS = {r.code for r in RESERVOIRS}
# Of the demonstration: the day at whose end the drought limit is reached
LIMITS = [("61990006", 46), ("61990002", 55), ("61990004", 81), ("61990005", 82)]


class Seen(NamedTuple):
    """What ninety days have left behind."""

    alerts: list[dict[str, Any]]
    events: dict[int, list[Any]]
    sent: list[dict[str, Any]]
    owed: list[dict[str, Any]]
    waiting: list[Any]  # rules that wait for a second and a third morning


def thin(feed: Feed) -> Feed:
    """The values of 08:00, every rain that fell, and the plants' hours around their events."""
    near = [(moment(*e.first) - 3 * HOUR, moment(*e.last) + 3 * HOUR) for e in EVENTS]

    def kept(one: Sent) -> bool:
        reading = one.reading
        if (one.arrival - BEGIN) % DAY == 0:
            return True
        if reading.variable == "rainfall":
            return bool(reading.value)
        stations = {event.station for event in EVENTS}
        return reading.station in stations and any(a <= one.arrival <= b for a, b in near)

    sent = (Sent(at, r) for at, batch in feed.batches(0, 1 << 60) for r in batch.readings)
    return Feed(one for one in sent if kept(one))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Ninety days with readings once a day, so that they pass in seconds."""
    folder = copytree(FOLDER, tmp_path_factory.mktemp("drought") / "config")
    stations = folder / "stations.toml"
    text = stations.read_text("utf-8").replace('timed = "1h"', 'timed = "24h"')
    stations.write_text(text.replace('timed = "5min"', 'timed = "24h"'), "utf-8")
    database = Database.at(tmp_path_factory.mktemp("data"))
    simulated = Drought()
    with showing(
        database,
        folder,
        show=DROUGHT._replace(step=STEP),
        speed=86_400,
        feed=thin(simulated.feed),
        past=((k, s) for k, s in simulated.past if k.variable in ("stage", "rainfall")),
        entries=ENTRIES,
    ) as live_on:
        live_on(90_000)
    yield _seen(database)
    database.close()


def _seen(database: Database) -> Seen:
    with database.read() as connection:
        alerts = alert_log.alerts(connection, state="all", limit=2000)
        return Seen(
            alerts,
            {row["id"]: alert_log.events(connection, row["id"]) for row in alerts},
            [dict(row) for row in connection.execute(select(outbox)).mappings()],
            [dict(row) for row in connection.execute(select(obligation)).mappings()],
            list(
                connection.execute(
                    select(rule_state).where(rule_state.c.rule.contains("/drought/"))
                )
            ),
        )


def of(seen: Seen, station: str, kind: str) -> list[dict[str, Any]]:
    return [row for row in seen.alerts if (row["station"], row["type"]) == (station, kind)]


def day(at: int) -> float:
    """Days of the drought that are over at a moment."""
    return (at - BEGIN) / DAY


@pytest.mark.parametrize(("station", "reached"), LIMITS)
def test_a_drought_limit_is_reached_on_its_day_and_counts_from_the_third_morning(
    seen: Seen, station: str, reached: int
) -> None:
    [alert] = of(seen, station, "drought")
    assert alert["facts"]["since"] == BEGIN + reached * DAY
    assert 0 < alert["fired_at"] - (BEGIN + (reached + 2) * DAY) <= STEP
    assert alert["band"] == "drought_limit"


def test_the_other_reservoirs_stay_above_and_the_river_reaches_its_limit_at_the_end(
    seen: Seen,
) -> None:
    low = {row["station"] for row in seen.alerts if row["type"] == "drought"}
    assert low == {station for station, _ in LIMITS}
    [(phase, since)] = [
        (row.phase, row.state["pending_since"]) for row in seen.waiting if RIVER in row.rule
    ]
    assert phase == "pending"
    assert 0 < since - (BEGIN + 88 * DAY) <= STEP


def test_no_level_rule_speaks_of_a_drought_level(seen: Seen) -> None:
    low = [r for r in seen.alerts if r["type"] == "level" and r["direction"] == "down"]
    assert not {row["station"] for row in low} & (DAMS | {RIVER})


def test_thirty_days_without_effective_rain_are_told_on_day_31_and_the_rain_ends_it(
    seen: Seen,
) -> None:
    alert, *_ = sorted(of(seen, "district", "dry_days"), key=lambda row: row["fired_at"])
    assert 0 < alert["fired_at"] - (BEGIN + 30 * DAY) <= STEP
    told = {e["facts"]["days"]: e["at"] for e in seen.events[alert["id"]] if "days" in e["facts"]}
    assert {30, 45, 60} <= set(told)
    assert 66 <= day(alert["resolved_at"]) < 66.3


def test_the_dry_intake_is_announced_ten_five_and_two_days_before(seen: Seen) -> None:
    told: dict[str, list[float]] = defaultdict(list)
    for alert in of(seen, PLANT, "supply_days"):
        for event in seen.events[alert["id"]]:
            if event["kind"] in ("fired", "worsened"):
                told[event["facts"]["band"]].append(72 - day(event["at"]))
    assert 10 <= told["days_10"][0] < 15
    assert 5 <= told["days_5"][0] < 10
    assert 1.5 <= told["days_2"][-1] <= 2.5
    words = [
        event["facts"]
        for alert in of(seen, PLANT, "supply_days")
        for event in seen.events[alert["id"]]
        if "act_zh" in event["facts"]
    ]
    assert words[0]["act_zh"] == "备用示范外河应急泵可用"
    assert words[-1]["act_zh"] == "备用示范外河应急泵运行中"


def test_once_the_backup_runs_the_dry_intake_stays_on_the_list_only(seen: Seen) -> None:
    [alert] = [row for row in of(seen, PLANT, "supply_days") if row["resolved_at"] is None]
    assert alert["severity"] == 1
    assert alert["worst"] == 3


def test_chlorine_at_night_calls_the_operator_and_not_the_officer(seen: Seen) -> None:
    chlorine = [r for r in seen.alerts if r["variable"] == "residual_chlorine"]
    [alert] = [row for row in chlorine if row["type"] == "level"]
    assert moment(47, 2) <= alert["fired_at"] <= moment(47, 4)
    asked = {row["party"] for row in seen.owed if row["alert_id"] == alert["id"]}
    assert asked == {"示范清泉水厂值班"}


def test_nobody_but_operators_is_called_at_night(seen: Seen) -> None:
    rules = {row["id"]: row for row in seen.alerts if row["type"] not in ("system", "stale")}
    called = set()
    for row in seen.owed:
        local = datetime.fromtimestamp(row["opened_at"] / 1000, LOCAL)
        if row["alert_id"] in rules and not 7 <= local.hour < 22:
            called.add(row["party"])
    assert all("值班" in party and "厂" in party for party in called), called


def test_drought_owes_nobody_an_answer(seen: Seen) -> None:
    dry = {r["id"] for r in seen.alerts if r["type"] in ("drought", "dry_days")}
    assert dry
    assert not [row for row in seen.owed if row["alert_id"] in dry]
    assert len(seen.alerts) < 60 + DAYS
