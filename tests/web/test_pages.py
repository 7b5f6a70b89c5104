"""What the pages show and what their buttons do."""

import json

from floodwatch.model.people import Role
from floodwatch.store import clockwork
from floodwatch.store import tables as t
from floodwatch.web import create_app
from tests.web.conftest import NOW, Room, SignIn, rows, signed_in, stand_at
from tests.web.small_district import HOSTILE, PLANT, POINT, RAIN, RESERVOIR


def test_the_board_says_how_far_over_which_limit(sign_in: SignIn) -> None:
    page = sign_in(Role.VIEWER).get("/").text
    assert "超设计 0.02" in page
    assert "距校核 0.33" in page
    assert "超封闭25 +35" in page


def test_the_worst_unanswered_alert_comes_first_with_its_answers(sign_in: SignIn) -> None:
    page = sign_in(Role.OFFICER).get("/").text
    first, second = page.index('data-key="a1"'), page.index('data-key="w2"')
    assert first < second
    assert "0/2" in page


def test_a_silent_gauge_is_counted_and_named_and_never_fresh(sign_in: SignIn) -> None:
    page = sign_in(Role.VIEWER).get("/").text
    row = page.split(f'data-key="{HOSTILE}"')[1].split("</tr>")[0]
    assert "value silent" in row
    assert "5/6" in page


def test_a_gauge_that_never_spoke_shows_no_data(sign_in: SignIn, room: Room) -> None:
    with room.database.write() as tx:
        tx.connection.execute(t.latest.delete())
    page = sign_in(Role.VIEWER).get("/").text
    assert "无数据" in page
    assert "0/6" in page


def test_the_text_to_paste_is_in_customary_words(sign_in: SignIn) -> None:
    text = sign_in(Role.VIEWER).get("/board.txt?group=reservoir").text
    assert "水库 示范石桥水库：04:40 104.77m" in text
    assert "超设计 0.02" in text


def test_the_rain_of_the_board_adds_up(sign_in: SignIn) -> None:
    text = sign_in(Role.VIEWER).get("/board.txt?group=rain").text
    assert "1小时54.0" in text


def test_the_chart_is_a_figure_with_rain_limits_and_local_time(sign_in: SignIn) -> None:
    answer = sign_in(Role.VIEWER).get(f"/stations/{RESERVOIR}/chart.json")
    figure = json.loads(answer.text)
    names = [trace.get("name") for trace in figure["data"]]
    assert "雨量" in names
    assert "水位" in names
    assert any("设计洪水位 104.75" in note["text"] for note in figure["layout"]["annotations"])
    assert figure["layout"]["yaxis2"]["autorange"] == "reversed"


def test_every_chart_of_every_station_can_be_drawn(sign_in: SignIn) -> None:
    client = sign_in(Role.VIEWER)
    for code, variable, gauge in (
        (RESERVOIR, "storage", "1"),
        (RESERVOIR, "piezometric_stage", "P1"),
        (POINT, "ponding_depth", "1"),
        (RAIN, "rainfall", "1"),
        (PLANT, "turbidity", "1"),
        (HOSTILE, "stage", "1"),
    ):
        for name in ("24h", "7d", "30d", "1y", "all"):
            query = {"variable": variable, "gauge": gauge, "range": name}
            answer = client.get(f"/stations/{code}/chart.json", query_string=query)
            assert answer.status_code == 200, (code, variable, name)


def test_a_downloaded_name_is_no_formula_and_numbers_stay_numbers(sign_in: SignIn) -> None:
    text = sign_in(Role.VIEWER).get(f"/stations/{HOSTILE}/readings.csv").text
    line = text.splitlines()[1]
    assert ",'=1+1<script>" in line
    assert ",26.7," in line


def test_acknowledging_keeps_name_and_note_and_stops_the_room_only(
    sign_in: SignIn, room: Room
) -> None:
    client = sign_in(Role.OFFICER)
    client.post("/alerts/1/ack", data={"who": "a officer", "note": "去看了"})
    alert = rows(room.database, t.alert)[0]
    assert (alert.acked_by, alert.note) == ("a officer", "去看了")
    states = {row.party: row.state for row in rows(room.database, t.obligation)}
    assert states == {"room": "answered", "示范丙三": "open", "示范丙一": "open"}


def test_the_officer_enters_that_a_person_was_told_by_telephone(
    sign_in: SignIn, room: Room
) -> None:
    client = sign_in(Role.OFFICER)
    client.post("/alerts/1/answer", data={"party": "示范丙一"})
    states = {row.party: row.state for row in rows(room.database, t.obligation)}
    assert states["示范丙一"] == "entered"


def test_the_call_list_shows_the_next_number_and_takes_one_tap(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.OFFICER)
    page = client.get("/calls").text
    assert 'href="tel:+861000000' in page
    answer = client.post("/calls", data={"person": "示范丙三", "result": "reached"})
    assert answer.status_code == 302
    assert rows(room.database, t.call)[0].officer == "a officer"
    states = {row.party: row.state for row in rows(room.database, t.obligation)}
    assert states["示范丙三"] == "answered"


def test_a_call_to_nobody_or_with_no_result_is_refused(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.OFFICER)
    for form in ({"person": "示范丙三", "result": "x"}, {"person": "x", "result": "busy"}):
        assert client.post("/calls", data=form).status_code == 409
    assert rows(room.database, t.call) == []


def test_a_viewer_sees_no_buttons_and_no_telephone_numbers(sign_in: SignIn) -> None:
    client = sign_in(Role.VIEWER)
    page = client.get("/").text + client.get("/alerts/1").text
    assert "data-ack" not in page
    assert "+86100" not in page


def test_a_refused_configuration_is_said_on_every_page(sign_in: SignIn, room: Room) -> None:
    problem = {"file": "stations.toml", "line": 7, "field": "crest", "what": "missing"}
    with room.database.write() as tx:
        clockwork.set_setting(tx, "config_refused", {"problems": [problem]})
    page = sign_in(Role.VIEWER).get("/alerts").text
    assert "stations.toml:7" in page
    assert "未采用" in page


def test_english_is_one_click_away(sign_in: SignIn) -> None:
    client = sign_in(Role.VIEWER)
    client.post("/language", data={"language": "en"})
    page = client.get("/").text
    assert "Needs attention" in page
    assert "要处理" not in page


def test_orders_to_the_demonstration_clock_are_counted(demonstration: Room) -> None:
    app = create_app(demonstration)
    client = signed_in(app, demonstration.database, Role.OFFICER)
    client.post("/demo", data={"speed": "6"})
    client.post("/demo", data={"jump": "11:30 补报"})
    client.post("/demo", data={"speed": "7"})
    with demonstration.database.read() as connection:
        order = clockwork.setting(connection, "demo")
    assert order == {"speed": 6, "paused": False, "jump": "11:30 补报", "seq": 2}


def test_the_demonstration_says_that_it_runs_up_to_its_opening(demonstration: Room) -> None:
    client = signed_in(create_app(demonstration), demonstration.database, Role.OFFICER)
    assert "正在推演到" not in client.get("/").text
    stand_at(demonstration.database, NOW - 3 * 3_600_000)
    assert "正在推演到 03:00" in client.get("/alerts").text


def test_only_the_demonstration_can_be_steered(sign_in: SignIn) -> None:
    assert sign_in(Role.ADMIN).post("/demo", data={"speed": "6"}).status_code == 404


def test_ages_follow_service_time(sign_in: SignIn, room: Room) -> None:
    stand_at(room.database, NOW + 3 * 3_600_000)
    page = sign_in(Role.VIEWER).get("/").text
    assert "3时" in page
    assert "失测" in page


def test_health_is_503_when_the_engine_has_never_run(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.VIEWER)
    assert client.get("/healthz").json["status"] == "ok"
    with room.database.write() as tx:
        tx.connection.execute(t.service_time.delete())
    assert client.get("/healthz").status_code == 503


def test_metrics_count_coverage_and_open_alerts(sign_in: SignIn) -> None:
    text = sign_in(Role.VIEWER).get("/metrics").text
    assert "floodwatch_points_live 5" in text
    assert "floodwatch_alerts_open 2" in text
