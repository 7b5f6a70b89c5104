"""/imports: history from files, with a preview before and an undo after."""

from http import HTTPStatus
from pathlib import Path

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue

from floodwatch import config
from floodwatch.config.edit import NewStation, add_stations
from floodwatch.model.district import District
from floodwatch.model.errors import FloodWatchError, Refused
from floodwatch.model.people import Role
from floodwatch.model.unit import UNITS
from floodwatch.model.variable import VARIABLES
from floodwatch.pipeline import imports as history
from floodwatch.pipeline.import_report import Report
from floodwatch.store import imports as ledger
from floodwatch.store import people
from floodwatch.web.care import me
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.import_form import options_of
from floodwatch.web.import_jobs import Jobs, Uploads
from floodwatch.web.language import _
from floodwatch.web.services import Services, now, services

blueprint = Blueprint("imports", __name__)


def install(app: Flask) -> None:
    """The jobs and uploads of this process."""
    given: Services = app.extensions["floodwatch"]
    app.extensions["floodwatch.jobs"] = Jobs()
    app.extensions["floodwatch.uploads"] = Uploads(given.data / "uploads")


def _jobs() -> Jobs:
    found: Jobs = current_app.extensions["floodwatch.jobs"]
    return found


def _uploads() -> Uploads:
    found: Uploads = current_app.extensions["floodwatch.uploads"]
    return found


@blueprint.get("/imports")
@needs(Role.ENGINEER)
def index() -> str:
    """The imports so far and the way to a new one."""
    with services().database.read() as connection:
        here(connection)
        rows = ledger.all_imports(connection, limit=200)
    return render_template("imports.html", imports=rows)


@blueprint.post("/imports/upload")
@needs(Role.ENGINEER)
def upload() -> ResponseReturnValue:
    """Take the files in and show what would become of them."""
    files = request.files.getlist("files")
    token = _uploads().keep(files)
    _record("import upload", ", ".join(str(file.filename) for file in files))
    return redirect(url_for("imports.preview", token=token))


@blueprint.get("/imports/new/<token>")
@needs(Role.ENGINEER)
def preview(token: str) -> ResponseReturnValue:
    """What was found in the files, to be corrected; nothing is written."""
    paths = _uploads().paths(token)
    looked, problem = None, ""
    try:
        looked = history.preview(paths, options_of(request.args), here().district)
    except FloodWatchError as error:
        problem = str(error)
    return render_template(
        "import_preview.html",
        token=token,
        names=[path.name for path in paths],
        preview=looked,
        problem=problem,
        variables=VARIABLES,
        units=UNITS,
        form=request.args,
        stations=here().district.stations,
    )


@blueprint.post("/imports/new/<token>")
@needs(Role.ENGINEER)
def run(token: str) -> ResponseReturnValue:
    """Import: every value is accounted for."""
    paths = _uploads().paths(token)
    options = options_of(request.form)
    given, district, at = services(), here().district, here().now
    who = me()
    if options.create_stations and here().demonstration:
        raise Refused("the demonstration's configuration cannot be changed")

    def create(new: list[NewStation]) -> District:
        add_stations(given.folder, new)
        config.apply(given.database, given.folder, who=who, now=at)
        return given.configuration.current()

    def work(progress: object, cancelled: object) -> Report:
        return history.run(
            given.database,
            paths,
            options,
            district,
            submit=given.submit,
            who=who,
            now=at,
            progress=progress,  # type: ignore[arg-type]
            cancelled=cancelled,  # type: ignore[arg-type]
            create=create,  # type: ignore[arg-type]
            folder=given.data / "rejects",
        )

    _jobs().start(token, [path.name for path in paths], work)
    return redirect(url_for("imports.job", token=token))


@blueprint.get("/imports/job/<token>")
@needs(Role.ENGINEER)
def job(token: str) -> ResponseReturnValue:
    """How far it is; the report when it is done."""
    found = _jobs().known(token)
    done = found.done.is_set()  # once: it may end while the page is drawn
    if done and found.report is not None and found.report.import_id is not None:
        return redirect(url_for("imports.report", import_id=found.report.import_id))
    return render_template("import_job.html", job=found, done=done)


@blueprint.get("/imports/job/<token>/progress")
@needs(Role.ENGINEER)
def progress(token: str) -> ResponseReturnValue:
    """How far, for the page's bar."""
    found = _jobs().known(token)
    told = found.progress._asdict() if found.progress else {}
    return jsonify(done=found.done.is_set(), error=found.error, **told)


@blueprint.post("/imports/job/<token>/cancel")
@needs(Role.ENGINEER)
def cancel(token: str) -> ResponseReturnValue:
    """Stop after the piece at hand; what is stored stays and can be taken back."""
    found = _jobs().known(token)
    found.cancelled.set()
    _record("import cancel", ", ".join(found.names))
    return redirect(url_for("imports.job", token=token))


def _record(action: str, what: str) -> None:
    given, who = services(), me()
    with given.database.write() as tx:
        at = now(given, tx.connection)
        people.record(tx.connection, now=at, who=who, action=action, what=what[:1000])


def _row(import_id: int) -> ledger.ImportRow:
    with services().database.read() as connection:
        here(connection)
        row = ledger.get(connection, import_id)
    if row is None:
        abort(HTTPStatus.NOT_FOUND)
    return row


@blueprint.get("/imports/<int:import_id>")
@needs(Role.ENGINEER)
def report(import_id: int) -> str:
    """The accounting of one import."""
    return render_template("import_report.html", row=_row(import_id))


@blueprint.get("/imports/<int:import_id>/rejects.csv")
@needs(Role.ENGINEER)
def rejects(import_id: int) -> Response:
    """Every refused line with its reason."""
    files = _row(import_id).report.get("files", [])
    kept = next((file["rejects_file"] for file in files if file.get("rejects_file")), None)
    folder = (services().data / "rejects").resolve()
    if kept is None or not (path := Path(kept).resolve()).is_file() or folder not in path.parents:
        abort(HTTPStatus.NOT_FOUND, _("没有被拒的行"))
    return send_file(path, mimetype="text/csv", as_attachment=True, download_name=path.name)


@blueprint.post("/imports/<int:import_id>/undo")
@needs(Role.ENGINEER)
def undo(import_id: int) -> ResponseReturnValue:
    """Take one import back whole."""
    given = services()
    with given.database.read() as connection:
        at = now(given, connection)
    row = history.undo(given.database, import_id, who=me(), now=at)
    flash(_("导入 %(n)s 已全部撤回", n=row.id), "done")
    return redirect(url_for("imports.report", import_id=import_id))
