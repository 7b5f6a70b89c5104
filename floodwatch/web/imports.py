"""/imports: history from files, with a preview before and an undo after."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

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
from floodwatch.model.errors import Refused
from floodwatch.model.people import Role
from floodwatch.pipeline import import_profiles as profiles
from floodwatch.pipeline import imports as history
from floodwatch.pipeline.import_report import Report
from floodwatch.pipeline.import_undo import foresee
from floodwatch.store import import_profiles, people
from floodwatch.store import imports as ledger
from floodwatch.web import refusal_words
from floodwatch.web.care import me
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.import_form import form_of, options_of
from floodwatch.web.import_jobs import Jobs
from floodwatch.web.import_page import show
from floodwatch.web.language import _
from floodwatch.web.services import Services, now, services
from floodwatch.web.uploads import Uploads

blueprint = Blueprint("imports", __name__)
blueprint.add_app_template_filter(refusal_words.said, "refusal")
CAN_GO_BACK = (ledger.DONE, ledger.CANCELLED, ledger.FAILED, ledger.UNDOING)


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
        kept = import_profiles.all_profiles(connection)
    return render_template("imports.html", imports=rows, profiles=kept)


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
    files = _uploads().files(token)
    if name := request.args.get("profile", ""):
        with services().database.read() as connection:
            form = form_of(profiles.load(connection, name))
        return _again(token, name, form)
    return show(token, files)


@blueprint.post("/imports/new/<token>/profile")
@needs(Role.ENGINEER)
def save_profile(token: str) -> ResponseReturnValue:
    """Keep the choices of the form under a name, for the next files of this kind."""
    given, name = services(), request.form.get("profile_name", "").strip()
    options = options_of(request.form)
    with given.database.write() as tx:
        at = now(given, tx.connection)
        profiles.save(tx, name, options, who=me(), now=at)
    flash(_("已存为方案“%(name)s”", name=name), "done")
    return _again(token, name, form_of(options))


def _again(token: str, used: str, form: dict[str, str]) -> ResponseReturnValue:
    """The preview with these choices."""
    said: dict[str, Any] = {"used": used, **form}
    return redirect(url_for("imports.preview", token=token, **said))


@blueprint.post("/imports/profiles/delete")
@needs(Role.ENGINEER)
def delete_profile() -> ResponseReturnValue:
    """A profile that is not used any more."""
    given, name = services(), request.form.get("name", "")
    with given.database.write() as tx:
        profiles.remove(tx, name, who=me(), now=now(given, tx.connection))
    flash(_("已删除方案“%(name)s”", name=name), "done")
    return redirect(url_for("imports.index"))


@blueprint.post("/imports/new/<token>")
@needs(Role.ENGINEER)
def run(token: str) -> ResponseReturnValue:
    """Import: every value is accounted for."""
    skipped = set(request.form.getlist("skip"))
    files = [file for file in _uploads().files(token) if file.name not in skipped]
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
            files,
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

    _jobs().start(token, [file.name for file in files], work)
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
    """The accounting of one import, and what taking it back would do."""
    row = _row(import_id)
    back = None
    if row.state in CAN_GO_BACK:
        with services().database.read() as connection:
            back = foresee(connection, import_id)
    return render_template("import_report.html", row=row, back=back)


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
