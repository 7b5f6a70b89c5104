"""The import pages, from choosing a file to taking it back."""

import io
import time
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage

from floodwatch.model.errors import Refused
from floodwatch.model.people import Role
from floodwatch.store import tables as t
from floodwatch.web.import_jobs import Job, Uploads
from tests.web.conftest import Room, SignIn, rows
from tests.web.small_district import RESERVOIR

LINES = "\n".join(f"2024-05-{day:02d} 08:00,{103 + day / 100:.2f}" for day in range(1, 31))
TABLE = f"time,stage\n{LINES}\nrubbish,1\n"


def upload(client: FlaskClient, text: str = TABLE, name: str = "石桥.csv") -> str:
    """The token of an upload."""
    data = {"files": (io.BytesIO(text.encode()), name)}
    answer = client.post("/imports/upload", data=data, content_type="multipart/form-data")
    assert answer.status_code == 302
    return str(answer.headers["Location"]).rsplit("/", 1)[1]


@pytest.fixture
def client(sign_in: SignIn) -> FlaskClient:
    """An engineer."""
    return sign_in(Role.ENGINEER)


def finished(client: FlaskClient, token: str) -> dict[str, object]:
    """What the job says once it is done."""
    for _ in range(200):
        told: dict[str, object] = client.get(f"/imports/job/{token}/progress").json
        if told["done"]:
            return told
        time.sleep(0.02)
    raise AssertionError("the import does not end")


def test_the_preview_writes_nothing_and_asks_what_it_must_know(
    client: FlaskClient, room: Room
) -> None:
    token = upload(client)
    page = client.get(f"/imports/new/{token}").text
    assert "石桥.csv" in page
    assert "disabled" in page
    page = client.get(f"/imports/new/{token}?station={RESERVOIR}&unit=m").text
    assert "103.01" in page
    assert rows(room.database, t.imported) == []


class _EndsWhileDrawn(Job):
    """Done, with its report, as soon as somebody has asked whether it is."""

    class _Later(Event):
        def is_set(self) -> bool:
            was = super().is_set()
            self.set()
            return was

    def __init__(self, token: str) -> None:
        super().__init__(token, ["a.csv"], done=self._Later())


def test_an_import_that_ends_while_its_page_is_drawn_is_followed_to_its_report(
    app: Flask, client: FlaskClient
) -> None:
    token = "0" * 24
    app.extensions["floodwatch.jobs"]._jobs[token] = _EndsWhileDrawn(token)
    page = client.get(f"/imports/job/{token}").text
    assert 'data-done="0"' in page
    assert "试算完毕" not in page


def test_an_import_is_accounted_for_and_taken_back_whole(client: FlaskClient, room: Room) -> None:
    token = upload(client)
    form = {"station": RESERVOIR, "unit": "m"}
    assert client.post(f"/imports/new/{token}", data=form).status_code == 302
    assert finished(client, token)["error"] == ""
    (row,) = rows(room.database, t.imported)
    page = client.get(f"/imports/{row.id}").text
    assert "<b>30</b><small>入库" in page
    assert "rubbish" in page
    with client.get(f"/imports/{row.id}/rejects.csv") as answer:
        assert "rubbish" in answer.text
    client.post(f"/imports/{row.id}/undo")
    assert rows(room.database, t.imported)[0].state == "undone"
    assert client.get("/imports").text.count("已撤回") == 1


def test_a_choice_that_cannot_be_is_said_on_the_page(client: FlaskClient) -> None:
    token = upload(client)
    page = client.get(f"/imports/new/{token}?period=soon").text
    assert 'role="alert"' in page


def test_an_import_that_must_ask_says_so_and_writes_nothing(
    client: FlaskClient, room: Room
) -> None:
    token = upload(client)
    client.post(f"/imports/new/{token}")
    assert "station" in str(finished(client, token)["error"])
    assert rows(room.database, t.imported) == []


@pytest.mark.parametrize("token", ["../../etc", "0" * 24, "x"])
def test_only_uploads_can_be_opened(client: FlaskClient, token: str) -> None:
    assert client.get(f"/imports/new/{token}").status_code in (404, 409)


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "C:\\x\\y.csv", ".hidden", "a\x00b.csv", "长" * 500 + ".csv"]
)
def test_the_name_of_a_file_never_leaves_its_folder(tmp_path: Path, name: str) -> None:
    uploads = Uploads(tmp_path / "uploads")
    token = uploads.keep([FileStorage(io.BytesIO(b"x"), filename=name)])
    (path,) = uploads.paths(token)
    assert path.parent == tmp_path / "uploads" / token
    assert not path.name.startswith(".")


def test_choosing_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no file"):
        Uploads(tmp_path).keep([])
