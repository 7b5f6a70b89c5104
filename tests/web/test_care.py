"""Shelving, maintenance, plans, the response register and the duty log on the pages."""

from dataclasses import replace

import pytest

from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.district import Plan
from floodwatch.model.people import Role, Shift
from floodwatch.model.severity import Severity
from floodwatch.store import tables as t
from tests.web.conftest import NOW, Room, SignIn, rows
from tests.web.small_district import RESERVOIR, small_district

PLAN = Plan(
    "超设计洪水位",
    Severity.II,
    kind="reservoir",
    steps=("三个责任人到岗", "准备转移"),
    source="示范预案",
    version="2026 版",
    responsible=("patrol",),
    households="57 户",
)
OLD = Plan("旧条款", Severity.II, kind="reservoir", steps=("作废",), valid_to=NOW - DAY)


@pytest.fixture
def planned(room: Room) -> Room:
    """A district with one plan in force and one that has ended."""
    room.configuration.district = replace(small_district(), plans=(PLAN, OLD))
    return room


def test_an_officer_shelves_an_alert_and_ends_it_again(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.OFFICER)
    client.post("/alerts/1/shelve", data={"minutes": "60", "reason": "已派人核实"})
    [mute] = rows(room.database, t.mute)
    assert (mute.ends - mute.begins, mute.who, mute.severity) == (HOUR, "a officer", 3)
    page = client.get("/alerts/1").text
    assert "已搁置" in page
    assert "已派人核实" in page
    client.post(f"/mutes/{mute.id}/end")
    assert rows(room.database, t.mute)[0].ended_by == "a officer"


def test_what_is_muted_is_said_on_every_page(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.OFFICER)
    assert 'class="chip muting"' not in client.get("/stations").text
    client.post("/alerts/1/shelve", data={"minutes": "60", "reason": "已派人"})
    for path in ("/", "/stations", "/health", "/alerts"):
        assert 'class="chip muting"' in client.get(path).text, path


def test_a_shelving_without_a_reason_says_what_is_missing(sign_in: SignIn, room: Room) -> None:
    answer = sign_in(Role.OFFICER).post(
        "/alerts/1/shelve", data={"minutes": "60"}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 409
    assert "原因" in answer.json["detail"]
    assert rows(room.database, t.mute) == []


def test_the_page_names_whom_a_shelving_leaves_alone(sign_in: SignIn) -> None:
    page = sign_in(Role.OFFICER).get("/alerts/1").text
    assert "搁置期间不再催办：示范丙三、示范丙一" in page


def test_maintenance_is_entered_and_listed(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.OFFICER)
    client.post("/mutes", data={"station": RESERVOIR, "minutes": "120", "reason": "换探头"})
    page = client.get("/mutes").text
    assert "换探头" in page
    assert "维护" in client.get("/stations").text.split('class="chip muting"')[1][:300]


def test_the_interface_shelves_too(sign_in: SignIn, room: Room) -> None:
    asked = {"minutes": 30, "reason": "已派人"}
    answer = sign_in(Role.OFFICER).post("/api/v1/alerts/1/shelve", json=asked)
    assert answer.json["muted_by"] == "shelve:1"


def test_somebody_follows_an_alert_and_writes_a_word(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.OFFICER)
    client.post("/alerts/1/assign", data={"to": "示范丙一"})
    client.post("/alerts/1/comment", data={"text": "<b>已到坝上</b>"})
    page = client.get("/alerts/1").text
    assert "现由 示范丙一 跟进" in page
    assert "&lt;b&gt;已到坝上" in page


def test_a_step_is_ticked_off_into_the_timeline_and_the_duty_log(
    sign_in: SignIn, planned: Room
) -> None:
    client = sign_in(Role.OFFICER)
    asked = {"plan": PLAN.title, "step": PLAN.steps[0]}
    client.post("/alerts/1/ticks", data=asked)
    client.post("/alerts/1/ticks", data=asked)
    assert len(rows(planned.database, t.plan_tick)) == 1
    [line] = rows(planned.database, t.log_entry)
    assert line.text == "预案执行：超设计洪水位：三个责任人到岗"
    assert "ticked" in [row.kind for row in rows(planned.database, t.alert_event)]
    assert "1/2" in client.get("/alerts/1").text


def test_a_tick_taken_back_stays_on_the_record(sign_in: SignIn, planned: Room) -> None:
    client = sign_in(Role.OFFICER)
    client.post("/alerts/1/ticks", data={"plan": PLAN.title, "step": PLAN.steps[0]})
    client.post("/ticks/1/undo")
    [tick] = rows(planned.database, t.plan_tick)
    assert tick.undone_by == "a officer"
    assert "0/2" in client.get("/alerts/1").text
    assert "撤回" in rows(planned.database, t.log_entry)[-1].text


def test_a_step_that_no_plan_has_is_refused(sign_in: SignIn, planned: Room) -> None:
    answer = sign_in(Role.OFFICER).post("/alerts/1/ticks", data={"plan": "旧条款", "step": "作废"})
    assert answer.status_code == 409


def test_an_old_alert_keeps_the_plan_of_its_day(sign_in: SignIn, planned: Room) -> None:
    text = (
        '[[plan]]\ntitle = "当年条款"\nkind = "reservoir"\nseverity = "II"\nsteps = ["当年步骤"]\n'
    )
    with planned.database.write() as tx:
        tx.connection.execute(
            t.config_version.insert().values(
                id=1, hash="x", at=NOW, who="test", documents={"plans.toml": text}
            )
        )
    planned.configuration.district = replace(planned.configuration.district, version=2)
    page = sign_in(Role.VIEWER).get("/alerts/1").text
    assert "当年步骤" in page
    assert "三个责任人到岗" not in page


def test_the_page_of_plans_tells_those_in_force_from_those_that_ended(
    sign_in: SignIn, planned: Room
) -> None:
    page = sign_in(Role.VIEWER).get("/plans").text
    force, _, other = page.partition("未生效或已失效")
    assert "三个责任人到岗" in force
    assert "2026 版" in force
    assert "旧条款" in other


def test_a_response_is_started_by_people_and_shown_on_every_page(
    sign_in: SignIn, room: Room
) -> None:
    client = sign_in(Role.OFFICER)
    page = client.get("/response").text
    assert "建议研究Ⅲ级响应" in page
    assert rows(room.database, t.response) == []
    asked = {"action": "start", "level": "III", "document": "示防〔2026〕3号", "who": "示范丁"}
    client.post("/response", data=asked)
    for path in ("/", "/stations", "/health", "/plans"):
        assert "Ⅲ级响应" in client.get(path).text, path
    assert "建议研究" not in client.get("/response").text


def test_a_viewer_sees_the_register_and_changes_nothing(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.VIEWER)
    assert "启动响应" not in client.get("/response").text
    assert client.post("/response", data={"action": "start"}).status_code == 403


def test_the_log_holds_what_people_wrote_and_what_happened(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.OFFICER)
    client.post("/log", data={"kind": "order", "text": "开启一号闸", "alert_id": "1"})
    page = client.get("/log").text
    assert "开启一号闸" in page
    assert "设计洪水位" in page
    assert "2026-06-17 08:00 起" in page
    assert "开启一号闸" not in client.get("/log?day=2026-06-16").text


def test_an_empty_entry_is_refused(sign_in: SignIn, room: Room) -> None:
    assert sign_in(Role.OFFICER).post("/log", data={"text": " "}).status_code == 409
    assert rows(room.database, t.log_entry) == []


def test_the_log_is_kept_by_shifts(sign_in: SignIn, room: Room) -> None:
    day = Shift("白班", ("示范丙一",), 8 * HOUR, 17 * HOUR)
    night = Shift("夜班", ("示范丙三",), 17 * HOUR, 8 * HOUR)
    room.configuration.district = replace(small_district(), shifts=(day, night))
    client = sign_in(Role.OFFICER)
    client.post("/log", data={"text": "夜里写的"})
    page = client.get("/log").text
    before, _, after = page.partition("白班")
    assert "夜里写的" in before.partition("夜班")[2]
    assert "夜里写的" not in after


def test_a_retired_station_leaves_the_board_and_keeps_its_page(sign_in: SignIn, room: Room) -> None:
    district = room.configuration.district
    gone = replace(district.stations[RESERVOIR], valid_to=NOW - HOUR)
    stations = district.stations | {RESERVOIR: gone}  # type: ignore[operator]
    room.configuration.district = replace(district, stations=stations)
    client = sign_in(Role.VIEWER)
    assert "示范石桥水库" not in client.get("/board.txt").text
    assert "站点已退役" in client.get(f"/stations/{RESERVOIR}").text
