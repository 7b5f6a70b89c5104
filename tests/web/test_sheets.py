"""The pages of the 08:00 report and the hand-over sheet."""

from flask.testing import FlaskClient

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.people import Role
from floodwatch.model.reading import SeriesKey
from floodwatch.store import tables as t
from tests.web.conftest import NOW, Room, SignIn, rows
from tests.web.seeding import put
from tests.web.small_district import RAIN


def test_the_report_of_the_last_eight_o_clock_is_shown_and_copied(sign_in: SignIn) -> None:
    client: FlaskClient = sign_in(Role.VIEWER)
    page = client.get("/bulletin").text
    assert "水情日报（2026年6月17日8时）" in page
    text = client.get("/bulletin/2026-06-17.txt")
    assert text.mimetype == "text/plain"
    assert text.text.splitlines()[0] in page


def test_a_day_that_is_not_over_and_a_date_that_is_none_are_refused_in_words(
    sign_in: SignIn,
) -> None:
    client = sign_in(Role.VIEWER)
    assert client.get("/bulletin?date=2026-06-18").status_code == 409
    assert client.get("/bulletin?date=yesterday").status_code == 409


def test_a_viewer_may_read_the_report_and_not_send_it(sign_in: SignIn) -> None:
    client = sign_in(Role.VIEWER)
    assert "发送给" not in client.get("/bulletin").text
    assert client.post("/bulletin", data={"person": "示范丙三"}).status_code == 403


def test_the_report_goes_to_the_people_chosen_once(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.OFFICER)
    name = next(iter(room.configuration.district.people))
    for _ in range(2):
        assert client.post("/bulletin", data={"person": name}).status_code == 302
    sent = [row for row in rows(room.database, t.outbox) if row.kind == "bulletin"]
    assert [row.person for row in sent] == [name]
    assert sent[0].body.startswith(sent[0].subject)


def test_a_report_that_was_corrected_goes_out_again(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.OFFICER)
    name = next(iter(room.configuration.district.people))
    client.post("/bulletin", data={"person": name})
    with room.database.write() as tx:
        key = SeriesKey(RAIN, "1", "rainfall", 5 * MINUTE)
        put(tx.connection, key, [(NOW - 22 * HOUR, 30.0)], rev=tx.rev)
    client.post("/bulletin", data={"person": name})
    bodies = [row.body for row in rows(room.database, t.outbox) if row.kind == "bulletin"]
    assert len(set(bodies)) == 2


def test_sending_to_nobody_or_to_a_stranger_is_refused(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.OFFICER)
    assert client.post("/handover").status_code == 409
    assert client.post("/handover", data={"person": "陌生人"}).status_code == 409
    assert not [row for row in rows(room.database, t.outbox) if row.kind == "handover"]


def test_the_sheet_names_what_stands_and_can_begin_earlier(sign_in: SignIn) -> None:
    client = sign_in(Role.OFFICER)
    page = client.get("/handover?since=2026-06-17T08:00").text
    assert "交接单（17日08:00至18日04:40）" in page
    assert "未解除告警" in page
    assert client.get("/handover.txt").text.splitlines()[0].startswith("示范")
