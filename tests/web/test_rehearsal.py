"""/rehearsal: a draft is checked, rehearsed, and held against what is in force."""

import csv
import io
from pathlib import Path

import pytest
from flask import Flask

from floodwatch.model.people import Role
from tests.web.conftest import Room, SignIn
from tests.web.small_district import RESERVOIR

PERIOD = {"period": "other", "from": "2026-06-17T16:00", "to": "2026-06-18T04:40"}


def finished(app: Flask, address: str) -> None:
    """Wait until the rehearsal is done."""
    job = app.extensions["floodwatch.rehearsals"].get(address.rsplit("/", 1)[-1])
    assert job.done.wait(60)
    assert job.error == ""


def test_the_period_of_the_last_storm_is_offered_first(sign_in: SignIn) -> None:
    text = sign_in(Role.ENGINEER).get("/rehearsal").get_data(as_text=True)
    assert text.index('value="storm"') < text.index('value="week"')


def test_what_is_in_force_differs_in_nothing_from_itself(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(Role.ENGINEER)
    address = client.post("/rehearsal", data=PERIOD).headers["Location"]
    finished(app, address)
    text = client.get(address).get_data(as_text=True)
    assert "与现行没有差别" in text
    told = client.get(f"{address}/progress").get_json()
    assert told["done"] is True
    lines = list(
        csv.reader(io.StringIO(client.get(f"{address}/alerts.csv").get_data(as_text=True)))
    )
    assert RESERVOIR in {line[0] for line in lines[1:]}
    assert all(line[6] == line[10] for line in lines[1:])


def test_a_wrong_draft_is_shown_with_its_place_and_kept(sign_in: SignIn, room: Room) -> None:
    wrong = '[[threshold]]\nstation = "nowhere"\nvariable = "stage"\n'
    answer = sign_in(Role.ENGINEER).post("/rehearsal", data={**PERIOD, "thresholds": wrong})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "thresholds.toml" in text
    assert "nowhere" in text
    assert not list(Path(room.data).glob("rehearsal*"))


@pytest.mark.parametrize("end", ["2026-06-17T15:00", "never", ""])
def test_a_period_that_is_none_is_refused(sign_in: SignIn, end: str) -> None:
    answer = sign_in(Role.ENGINEER).post("/rehearsal", data={**PERIOD, "to": end})
    assert answer.status_code in (400, 409, 422)


def test_a_rehearsal_that_is_not_known_is_not_found(sign_in: SignIn) -> None:
    assert sign_in(Role.ENGINEER).get(f"/rehearsal/{'0' * 24}").status_code == 404
