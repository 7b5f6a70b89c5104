"""Services are asked by HTTP: what their answers become, and what they may do to the poller."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from floodwatch.config.live import Configuration
from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.errors import Refused, StorageError
from floodwatch.model.moment import iso, iso_local
from floodwatch.model.reading import SeriesKey
from floodwatch.model.source import NOTHING, Note, joined
from floodwatch.sources.http_poll import HttpPoll
from floodwatch.sources.http_settings import HttpTable
from floodwatch.sources.way import Way
from floodwatch.store.database import Database
from tests.notify.http_server import HANG, Asked, Site, site
from tests.pipeline.town import GAUGE, RESERVOIR, START, Town

NOW = START + 12 * HOUR
LOOPBACK = ["127.0.0.0/8"]
LONG: dict[str, Any] = {
    "rows": "data.items[]",
    "station": "st.code",
    "time": "t",
    "values": {"level": "stage:cm"},
}


def item(at: int, level: object, *, code: str = RESERVOIR) -> dict[str, Any]:
    return {"st": {"code": code}, "t": iso(at), "level": level}


def body(*items: Any) -> bytes:
    return json.dumps({"data": {"items": items}}).encode()


@pytest.fixture
def service() -> Iterator[Site]:
    with site() as found:
        yield found


@pytest.fixture
def town(sqlite_database: Database, tmp_path: Path) -> Town:
    return Town(sqlite_database, tmp_path / "config", at=NOW)


class Rig:
    """A poller between a service and the way in."""

    def __init__(self, service: Site, town: Town, **settings: Any) -> None:
        self.service, self.town, self.cursor = service, town, None
        given = {"url": f"{service.url}/api?since={{since}}", "allow": LOOPBACK, **settings}
        self.settings = HttpTable.model_validate({"name": "up-stream", **given})
        self.environment: dict[str, str] = {"FLOODWATCH_HTTP_UP_STREAM_SECRET": "Bearer geheim"}
        self.noted = NOTHING
        self.handed: list[Batch] = []
        self.submit: Callable[[Batch], Receipt] = lambda batch: town.send(batch)[0]
        self.start()

    def start(self) -> None:
        """Nothing is remembered but the cursor."""
        self.way = Way(
            "http:up-stream", "http", self._submit, Configuration(self.town.database).current,
            now=self.town.clock.wall, clock=self.town.clock, polls=True, cursor=self.cursor,
        )  # fmt: skip
        self.poller = HttpPoll(self.settings, self.way, environment=self.environment)

    def poll(self) -> Note:
        """One poll; what it noted."""
        assert self.poller.poll()
        note = self.way.note() or NOTHING
        self.noted = joined(self.noted, note)
        self.cursor = self.cursor if note.cursor is None else note.cursor
        return note

    def values(
        self, variable: str = "stage", *, station: str = RESERVOIR, period: int = 0
    ) -> list[float]:
        """What is stored, oldest first."""
        key = SeriesKey(station, "1", variable, period)
        return [float(v) for v in self.town.readings.series(key, 0, NOW + DAY).values]

    def asked(self) -> dict[str, str]:
        """The parameters of the last question."""
        found = parse_qs(urlsplit(self.service.asked[-1].path).query)
        return {name: values[0] for name, values in found.items()}

    def _submit(self, batch: Batch) -> Receipt:
        self.handed.append(batch)
        return self.submit(batch)


@pytest.fixture
def rig(service: Site, town: Town) -> Rig:
    return Rig(service, town, **LONG)


def test_rows_become_readings_in_the_unit_that_is_configured(rig: Rig) -> None:
    rig.service.answer = lambda _: (200, body(item(NOW - HOUR, 9510), item(NOW, 9512.0)))
    note = rig.poll()
    assert rig.values() == [95.10, 95.12]
    assert (note.counts.stored, note.newest) == (2, NOW)


def test_it_asks_from_the_newest_reading_less_the_overlap(rig: Rig) -> None:
    rig.service.answer = lambda _: (200, body(item(NOW - HOUR, 9510)))
    rig.poll()
    assert rig.asked() == {"since": iso(NOW - 3 * DAY)}
    rig.poll()
    assert rig.asked() == {"since": iso(NOW - 7 * HOUR)}
    rig.start()  # after a restart as well
    rig.poll()
    assert rig.asked() == {"since": iso(NOW - 7 * HOUR)}


def test_what_has_not_changed_is_not_handed_in_again_and_a_correction_is(rig: Rig) -> None:
    rig.service.answer = lambda _: (200, body(item(NOW - HOUR, 9510), item(NOW, 9512)))
    rig.poll()
    rig.handed.clear()
    rig.poll()
    assert rig.handed == []
    rig.service.answer = lambda _: (200, body(item(NOW - HOUR, 9510), item(NOW, 9522)))
    rig.poll()
    assert rig.values() == [95.10, 95.22]


def test_an_answer_that_has_not_changed_is_not_sent_again(service: Site, town: Town) -> None:
    rig = Rig(service, town, **LONG, url=f"{service.url}/latest")

    def answer(asked: Asked) -> tuple[int, bytes]:
        if asked.headers.get("If-None-Match") == '"v1"':
            return 304, b""
        return 200, body(item(NOW, 9512))

    service.answer, service.headers["ETag"] = answer, '"v1"'
    rig.poll()
    rig.poll()
    assert (len(service.asked), len(rig.handed), rig.values()) == (2, 1, [95.12])


def test_an_answer_that_could_not_be_stored_is_asked_for_again(service: Site, town: Town) -> None:
    rig = Rig(service, town, **LONG, url=f"{service.url}/latest")
    service.answer, service.headers["ETag"] = lambda _: (200, body(item(NOW, 9512))), '"v1"'

    def full(batch: Batch) -> Receipt:
        raise StorageError("the disk is full")

    stored, rig.submit = rig.submit, full
    with pytest.raises(StorageError):
        rig.poll()
    rig.submit = stored
    rig.poll()
    assert "If-None-Match" not in service.asked[-1].headers
    assert rig.values() == [95.12]


def test_after_a_kill_between_commit_and_note_nothing_counts_twice(rig: Rig) -> None:
    def killed(batch: Batch) -> Receipt:
        rig.town.send(batch)
        raise KeyboardInterrupt

    rig.service.answer = lambda _: (200, body(item(NOW - HOUR, 9510), item(NOW, 9512)))
    stored, rig.submit = rig.submit, killed
    with pytest.raises(KeyboardInterrupt):
        rig.poll()
    rig.town.restart()
    rig.submit = stored
    rig.start()
    note = rig.poll()
    assert (rig.values(), note.counts.duplicate) == ([95.10, 95.12], 2)


def test_a_service_that_wants_fewer_questions_is_left_alone_for_so_long(rig: Rig) -> None:
    rig.service.answer, rig.service.headers["Retry-After"] = lambda _: (429, b""), "1800"
    with pytest.raises(Refused, match="HTTP 429"):
        rig.poll()
    rig.service.answer = lambda _: (200, body(item(NOW, 9512)))
    rig.town.clock.advance(29 * MINUTE)
    assert not rig.poller.poll()
    rig.town.clock.advance(MINUTE)
    rig.poll()
    assert rig.values() == [95.12]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((500, b"oops"), "HTTP 500"),
        ((401, b""), "HTTP 401, the secret is wrong or missing"),
        ((200, b"<html>maintenance</html>"), "not JSON"),
        ((200, b'{"items": []}'), "no rows at 'data.items[]'; it has: items"),
        ((200, b"[" * 100_000), "not JSON"),
        ((200, body({"st": {"code": RESERVOIR}, "when": 1})), "none of 1 rows can be read"),
        ((200, body(item(NOW, "9512,5"))), "'9512,5' is not a number"),
        ((302, b""), "it leads from one address to the next without end"),
    ],
)
def test_what_is_wrong_is_said_and_once_it_is_right_all_goes_on(
    rig: Rig, answer: tuple[int, bytes], said: str
) -> None:
    rig.service.answer = lambda _: answer
    with pytest.raises(Refused) as refused:
        rig.poll()
    assert said in str(refused.value)
    rig.town.clock.advance(HOUR)
    rig.service.answer = lambda _: (200, body(item(NOW, 9512)))
    rig.poll()
    assert rig.values() == [95.12]


def test_a_service_that_hangs_is_left_within_the_limit(service: Site, town: Town) -> None:
    rig = Rig(service, town, **LONG, timeout="200ms")
    service.answer = lambda _: HANG
    with pytest.raises(Refused, match=r"127\.0\.0\.1: (no end within|timed out)"):
        rig.poll()


def test_an_answer_that_is_too_large_is_refused(service: Site, town: Town) -> None:
    rig = Rig(service, town, **LONG, largest=1)
    service.answer = lambda _: (200, b" " * 1_100_000)
    with pytest.raises(Refused, match="larger than 1 MB"):
        rig.poll()


def test_one_bad_row_stops_no_other(rig: Rig) -> None:
    rig.service.answer = lambda _: (200, body(item(NOW, 9512), item(NOW, "FALLO"), {"t": 5}))
    note = rig.poll()
    assert rig.values() == [95.12]
    assert [r.what for r in note.refusals] == ["row 3", "row 2"]
    assert note.counts.rejected == 2


def test_a_private_address_is_asked_only_if_it_is_allowed(service: Site, town: Town) -> None:
    rig = Rig(service, town, **LONG, allow=[])
    with pytest.raises(Refused, match="may not be asked"):
        rig.poll()
    assert service.asked == []


def test_a_redirect_to_where_one_may_not_go_is_not_followed(rig: Rig) -> None:
    rig.service.headers["Location"] = "http://169.254.169.254/latest/meta-data"
    rig.service.answer = lambda _: (302, b"")
    with pytest.raises(Refused, match=r"169\.254\.169\.254, which may not be asked"):
        rig.poll()


def test_a_redirect_is_followed_but_the_secret_stays_with_the_first(
    service: Site, town: Town
) -> None:
    with site(lambda _: (200, body(item(NOW, 9512)))) as other:
        rig = Rig(service, town, **LONG, auth_header="Authorization")
        service.answer, service.headers["Location"] = lambda _: (307, b""), f"{other.url}/x"
        rig.poll()
        assert service.asked[0].headers["Authorization"] == "Bearer geheim"
        assert "Authorization" not in other.asked[0].headers
    assert rig.values() == [95.12]


def test_a_secret_in_the_url_is_sent_and_never_said(service: Site, town: Town) -> None:
    rig = Rig(service, town, **LONG, url=f"{service.url}/api?key={{secret}}")
    service.answer = lambda _: (403, b"")
    with pytest.raises(Refused) as refused:
        rig.poll()
    assert rig.asked() == {"key": "Bearer geheim"}
    assert "geheim" not in str(refused.value)


def test_a_secret_that_is_missing_is_named(service: Site, town: Town) -> None:
    rig = Rig(service, town, **LONG)
    settings = rig.settings.model_copy(update={"auth_header": "X-Key"})
    with pytest.raises(Refused, match="set FLOODWATCH_HTTP_UP_STREAM_SECRET or"):
        HttpPoll(settings, rig.way, environment={})


def test_rows_may_say_what_they_are(service: Site, town: Town) -> None:
    rig = Rig(
        service, town, rows="@", station_is=RESERVOIR, time="ms", time_format="ms",
        variable="kind", value="v", words={"WL": "stage:m"}, missing=[-99],
    )  # fmt: skip
    rows = [
        {"kind": "WL", "v": "95.12", "ms": NOW},
        {"kind": "RH", "v": 80, "ms": NOW},
        {"kind": "WL", "v": -99, "ms": NOW - HOUR},
    ]
    service.answer = lambda _: (200, json.dumps(rows).encode())
    note = rig.poll()
    assert (rig.values(), note.counts.taken, note.counts.rejected) == ([95.12], 2, 0)


def test_words_and_numbers_of_the_whole_service_are_no_value_here_too(
    service: Site, town: Town
) -> None:
    town.configure("floodwatch.toml", "[service]", '[sources]\nmissing = ["停测", -77]\n[service]')
    rig = Rig(
        service, town, rows="@", station_is=RESERVOIR, time="ms", time_format="ms",
        values={"v": "stage:m"},
    )  # fmt: skip
    rows = [{"v": v, "ms": NOW - n * HOUR} for n, v in enumerate(("95.12", "停测", -77, "offline"))]
    service.answer = lambda _: (200, json.dumps(rows).encode())
    note = rig.poll()
    assert (rig.values(), note.counts.rejected) == ([95.12], 1)
    assert "offline" in note.refusals[0].why


def test_csv_is_read_by_its_header(service: Site, town: Town) -> None:
    rig = Rig(
        service, town, format="csv", delimiter=";", station="ort", time="zeit",
        time_format="%d.%m.%Y %H:%M", tz="Asia/Shanghai", values={"regen": "rainfall:mm"},
        period="5min",
    )  # fmt: skip
    text = f"ort;zeit;regen\n{GAUGE};18.06.2026 20:00;4.5\n{GAUGE};18.06.2026 19:55;\n"
    service.answer = lambda _: (200, text.encode())
    note = rig.poll()
    assert rig.values("rainfall", station=GAUGE, period=5 * MINUTE) == [4.5]
    assert (note.newest, note.counts.taken) == (NOW, 2)


def test_csv_of_another_shape_is_refused_with_what_it_has(service: Site, town: Town) -> None:
    rig = Rig(service, town, format="csv", station="a", time="b", values={"c": "stage:m"})
    service.answer = lambda _: (200, b"a,b,level\n")
    with pytest.raises(Refused, match="no column c; it has: a, b, level"):
        rig.poll()


def ea_item(measure: str, at: int, value: object) -> dict[str, Any]:
    root = "http://environment.data.gov.uk/flood-monitoring"
    return {
        "@id": f"{root}/data/readings/{measure}/{iso(at)}",
        "dateTime": iso(at),
        "measure": f"{root}/id/measures/{measure}",
        "value": value,
    }


def test_the_environment_agency_s_readings_are_understood(service: Site, town: Town) -> None:
    town.configure("stations.toml", 'name = "示范水库"', 'name = "示范水库"\naliases = ["1491TH"]')
    town.configure("stations.toml", 'name = "示范雨量"', 'name = "示范雨量"\naliases = ["E7050"]')
    rig = Rig(
        service, town, preset="ea", sites=["1491TH", "E7050"],
        url=f"{service.url}/flood-monitoring/id/stations/{{site}}/readings?since={{since}}&_sorted",
    )  # fmt: skip
    answers = {
        "1491TH": [
            ea_item("1491TH-level-stage-i-15_min-mASD", NOW, 95.12),
            ea_item("1491TH-level-downstage-i-15_min-mASD", NOW, 80.0),
            ea_item("1491TH-temperature-dry_bulb-i-15_min-deg_C", NOW, 12.0),
            ea_item("1491TH-level-stage-i-15_min-mASD", NOW - 15 * MINUTE, [95.0, 95.2]),
        ],
        "E7050": [ea_item("E7050-rainfall-tipping_bucket_raingauge-t-15_min-mm", NOW, 0.4)],
    }

    def answer(asked: Asked) -> tuple[int, bytes]:
        name = urlsplit(asked.path).path.split("/")[-2]
        return 200, json.dumps({"meta": {}, "items": answers[name]}).encode()

    service.answer = answer
    note = rig.poll()
    assert rig.values() == [95.12]
    assert rig.values("rainfall", station=GAUGE, period=15 * MINUTE) == [0.4]
    assert [r.what for r in note.refusals] == ["1491TH-level-stage-i-15_min-mASD"]


def usgs_series(site_: str, code: str, *values: dict[str, Any]) -> dict[str, Any]:
    return {
        "sourceInfo": {"siteCode": [{"value": site_, "agencyCode": "USGS"}]},
        "variable": {"variableCode": [{"value": code}], "noDataValue": -999999.0},
        "values": [{"value": list(values), "method": [{"methodID": 1}]}],
    }


def usgs_value(at: int, value: str, *qualifiers: str) -> dict[str, Any]:
    local = iso_local(at, ZoneInfo("America/New_York")).replace("-04:00", ".000-04:00")
    return {"value": value, "qualifiers": list(qualifiers) or ["P"], "dateTime": local}


def test_the_geological_survey_s_values_are_understood(service: Site, town: Town) -> None:
    town.configure(
        "stations.toml", 'name = "示范水库"', 'name = "示范水库"\naliases = ["01646500"]'
    )
    rig = Rig(
        service, town, preset="usgs", sites=["01646500", "01647000"],
        url=f"{service.url}/nwis/iv/?format=json&sites={{sites}}&parameterCd={{parameters}}"
        "&startDT={since}",
    )  # fmt: skip
    series = [
        usgs_series(
            "01646500", "00065",
            usgs_value(NOW - HOUR, "312.08"), usgs_value(NOW, "-999999", "P", "Ice"),
            usgs_value(NOW - 2 * HOUR, "Eqp"),
        ),
        usgs_series("01646500", "00060", usgs_value(NOW, "4210")),
        usgs_series("01647000", "00065", usgs_value(NOW, "3.1")),
    ]  # fmt: skip
    service.answer = lambda _: (200, json.dumps({"value": {"timeSeries": series}}).encode())
    note = rig.poll()
    assert rig.asked()["sites"] == "01646500,01647000"
    assert "00065" in rig.asked()["parameterCd"]
    assert rig.values() == [pytest.approx(312.08 * 0.3048)]
    assert {(r.what, r.why) for r in note.refusals} == {
        ("01646500", "'Eqp' is not a number"),
        ("01647000", "unknown station: add the number to a station's aliases"),
    }
    assert note.counts.stored == 1


def test_an_answer_of_another_shape_than_the_survey_s_is_refused(service: Site, town: Town) -> None:
    rig = Rig(service, town, preset="usgs", sites=["1"], url=f"{service.url}/?s={{sites}}")
    service.answer = lambda _: (200, b'{"value": {"series": []}}')
    with pytest.raises(Refused, match="no 'timeSeries'; it has: series"):
        rig.poll()
