"""The import pages, from choosing a file to taking it back."""

import io
import time
import zipfile
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage, MultiDict

from floodwatch.model.errors import Refused
from floodwatch.model.people import Role
from floodwatch.sources.csv.options import ImportOptions, Mapping
from floodwatch.store import tables as t
from floodwatch.web.import_form import form_of, options_of
from floodwatch.web.import_jobs import Job
from floodwatch.web.uploads import Uploads
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
    "name",
    [
        "../../../etc/passwd",
        "C:\\x\\y.csv",
        ".hidden",
        "a\x00b.csv",
        "长" * 500 + ".csv",
        "files.json",
    ],
)
def test_the_name_of_a_file_never_leaves_its_folder(tmp_path: Path, name: str) -> None:
    uploads = Uploads(tmp_path / "uploads")
    token = uploads.keep([FileStorage(io.BytesIO(b"x"), filename=name)])
    (file,) = uploads.files(token)
    assert file.path
    assert file.path.parent == tmp_path / "uploads" / token
    assert file.path.read_bytes() == b"x"
    assert "/" not in file.name
    assert not file.name.startswith(".")


def test_choosing_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no file"):
        Uploads(tmp_path).keep([])


def zipped(members: dict[str, bytes]) -> bytes:
    """An archive of these."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return buffer.getvalue()


def send(client: FlaskClient, data: bytes, name: str) -> str:
    """The token of an upload of bytes."""
    form = {"files": (io.BytesIO(data), name)}
    answer = client.post("/imports/upload", data=form, content_type="multipart/form-data")
    assert answer.status_code == 302
    return str(answer.headers["Location"]).rsplit("/", 1)[1]


FORM = {"station": RESERVOIR, "unit": "m"}


def test_an_archive_is_imported_file_by_file_and_what_is_no_table_is_said(
    client: FlaskClient, room: Room
) -> None:
    data = zipped({"a/石桥.csv": TABLE.encode(), "readme.txt": b"hello\n", "x.zip": zipped({})})
    token = send(client, data, "dump.zip")
    page = client.get(f"/imports/new/{token}", query_string=FORM).text
    assert "不会导入的文件" in page
    assert "dump.zip/readme.txt" in page
    client.post(f"/imports/new/{token}", data=FORM)
    assert finished(client, token)["error"] == ""
    (row,) = rows(room.database, t.imported)
    files = {file["file"]: file for file in row.report["files"]}
    assert files["dump.zip/a/石桥.csv"]["stored"] == 30
    assert "no table" in files["dump.zip/readme.txt"]["refused"]
    assert "within" in files["dump.zip/x.zip"]["refused"]
    assert "没有导入的文件" in client.get(f"/imports/{row.id}").text


def test_the_preview_shows_what_would_be_stored_and_what_limits_would_say(
    client: FlaskClient,
) -> None:
    high = TABLE.replace("103.30", "104.90")
    token = upload(client, high)
    page = client.get(f"/imports/new/{token}", query_string=FORM).text
    assert "2024-05-01 08:00:00+08:00" in page
    assert "设计洪水位 104.75" in page
    assert "2024-05-30 08:00" in page


def test_a_file_can_be_left_out(client: FlaskClient, room: Room) -> None:
    data = zipped({"a.csv": TABLE.encode(), "b.csv": TABLE.encode()})
    token = send(client, data, "dump.zip")
    client.post(f"/imports/new/{token}", data=FORM | {"skip": "dump.zip/b.csv"})
    assert finished(client, token)["error"] == ""
    assert rows(room.database, t.imported)[0].names == ["dump.zip/a.csv"]


def test_a_mapping_found_right_is_kept_applied_and_deleted(client: FlaskClient, room: Room) -> None:
    token = upload(client)
    mapped = {"mapped": "1", "column_0": "time", "variable_0": ""}
    mapped |= {"column_1": "stage", "variable_1": "stage", "gauge_1": "1", "unit_1": "m"}
    form = {"station": RESERVOIR, "tz": "UTC", "profile_name": "石桥记录仪", **mapped}
    assert client.post(f"/imports/new/{token}/profile", data=form).status_code == 302
    assert "石桥记录仪" in client.get("/imports").text
    again = upload(client)
    answer = client.get(f"/imports/new/{again}?profile=石桥记录仪", follow_redirects=True)
    assert 'name="tz" value="UTC"' in answer.text
    assert "2024-05-01 16:00:00+08:00" in answer.text
    client.post("/imports/profiles/delete", data={"name": "石桥记录仪"})
    assert "石桥记录仪" not in client.get("/imports").text.split("<main")[1]
    told = [row.what for row in rows(room.database, t.audit) if row.action == "profile"]
    assert told == ["import profile 石桥记录仪 saved", "import profile 石桥记录仪 deleted"]


def test_a_profile_that_is_not_there_is_said(client: FlaskClient) -> None:
    token = upload(client)
    assert client.get(f"/imports/new/{token}?profile=x").status_code == 409
    data = FORM | {"profile_name": " "}
    assert client.post(f"/imports/new/{token}/profile", data=data).status_code == 409


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    class Full(FileStorage):
        def save(self, dst: object, buffer_size: int = 0) -> None:
            raise OSError(28, "No space left on device")

    uploads = Uploads(tmp_path / "uploads")
    with pytest.raises(Refused, match="No space"):
        uploads.keep([Full(io.BytesIO(b"x"), filename="a.csv")])
    assert not list((tmp_path / "uploads").iterdir())


def test_undo_says_before_what_it_will_do(client: FlaskClient) -> None:
    token = upload(client)
    client.post(f"/imports/new/{token}", data=FORM)
    finished(client, token)
    page = client.get("/imports/1").text
    assert "个值将删除" in page
    client.post("/imports/1/undo")
    assert "个值将删除" not in client.get("/imports/1").text


def test_the_form_says_again_what_a_profile_holds() -> None:
    options = ImportOptions(
        dialect="wide",
        tz="UTC",
        period=300_000,
        map=(Mapping("a", "stage", "2", "cm"),),
        notify=True,
    )
    assert options_of(MultiDict(form_of(options))) == options
