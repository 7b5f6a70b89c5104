"""/rehearsal: a draft of rules over a past period, held against the rules in force."""

from datetime import date, datetime, time
from http import HTTPStatus

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from floodwatch.model.clock import DAY, MINUTE
from floodwatch.model.errors import ConfigError, Problem, Refused
from floodwatch.model.moment import parse
from floodwatch.model.people import Role
from floodwatch.pipeline import drafts
from floodwatch.pipeline.comparing import Comparison
from floodwatch.pipeline.drafts import RECIPIENTS, THRESHOLDS, Task
from floodwatch.pipeline.rehearse import NEVER, SILENT, WITHIN, Answers, Progress
from floodwatch.store import storms
from floodwatch.web import rehearsal_tables as tables
from floodwatch.web.care import field, me
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.rehearsal_jobs import Jobs
from floodwatch.web.services import Services, services
from floodwatch.web.words import local

blueprint = Blueprint("rehearsal", __name__)
LONGEST = 20 * 366 * DAY
FLOOD_SEASON = ((4, 1), (10, 1))  # 汛期 April to September
ANSWERS = {WITHIN: Answers(WITHIN), "10": Answers(10 * MINUTE), NEVER: Answers(NEVER)}


def install(app: Flask) -> None:
    """The rehearsals of this process."""
    given: Services = app.extensions["floodwatch"]
    app.extensions["floodwatch.rehearsals"] = Jobs(given.clock)


def _jobs() -> Jobs:
    found: Jobs = current_app.extensions["floodwatch.rehearsals"]
    return found


@blueprint.get("/rehearsal")
@needs(Role.ENGINEER)
def show() -> str:
    """What to rehearse: a period, and the draft, which begins as what is in force."""
    return _form({}, [], "")


def _form(draft: dict[str, str], problems: list[Problem], refused: str) -> str:
    given = services()
    with given.database.read() as connection:
        here(connection)
        texts = _in_force(connection)
        periods = _periods(connection)
    return render_template(
        "rehearsal.html",
        periods=periods,
        form=request.form,
        texts={name: draft.get(name, texts.get(name, "")) for name in (THRESHOLDS, RECIPIENTS)},
        problems=problems,
        refused=refused,
        answers={
            WITHIN: _("在限时内应答"),
            "10": _("10 分钟后应答"),
            NEVER: _("一直不应答"),
        },
        jobs=_jobs().all(),
    )


def _in_force(connection: Connection) -> dict[str, str]:
    return dict(drafts.in_force(connection, services().folder))


def _periods(connection: Connection) -> dict[str, tuple[str, int, int]]:
    """The periods offered: name -> (words, start, end); ms UTC."""
    now, tz = here().now, here().tz
    found: dict[str, tuple[str, int, int]] = {}
    storm = storms.last_storm(connection, besides=[*SILENT, "system"], now=now)
    if storm is not None:
        found["storm"] = (_("最近一场暴雨"), storm.start, storm.end)
    found["week"] = (_("最近 7 天"), now - 7 * DAY, now)
    found["month"] = (_("最近 30 天"), now - 30 * DAY, now)
    today = local(now, tz).date()
    year = today.year if (today.month, today.day) >= FLOOD_SEASON[0] else today.year - 1
    first, last = (
        int(datetime.combine(date(year, *day), time(), tz).timestamp()) * 1000
        for day in FLOOD_SEASON
    )
    found["season"] = (_("%(y)s 年汛期", y=year), first, min(last, now))
    return found


@blueprint.post("/rehearsal")
@needs(Role.ENGINEER)
def run() -> ResponseReturnValue:
    """Check the draft; start the rehearsal when it has no error, else show every one of them."""
    given = services()
    draft = {name: _text(name) for name in (THRESHOLDS, RECIPIENTS)}
    with given.database.read() as connection:
        here(connection)
        texts, periods = _in_force(connection), _periods(connection)
        entered = drafts.entered(connection)
    changed = {name: text for name, text in draft.items() if text and not _same(texts, name, text)}
    try:
        start, end = _period(periods)
        district = drafts.district(texts, changed) if changed else here().district
    except ConfigError as error:
        return _form(draft, error.problems, ""), HTTPStatus.UNPROCESSABLE_ENTITY
    except Refused as error:
        return _form(draft, [], str(error)), HTTPStatus.UNPROCESSABLE_ENTITY
    task = Task(start, end, stale="stale" in request.form, answers=_answers())
    present, readings = here().district, given.readings

    def work(progress: Progress, cancelled: drafts.Stopping) -> Comparison:
        return drafts.compared(
            readings,
            present,
            district,
            task=task,
            entered=entered,
            progress=progress,
            cancelled=cancelled,
        )

    job = _jobs().start(task, work, who=me(), draft=changed)
    return redirect(url_for("rehearsal.job", token=job.token))


def _text(name: str) -> str:
    """The draft of a file: what was uploaded, or else what stands in the box."""
    stem = name.partition(".")[0]
    sent = request.files.get(f"{stem}_file")
    if sent is not None and sent.filename:
        try:
            return str(sent.read(), "utf-8-sig")
        except UnicodeDecodeError:
            problem = Problem(name, None, "encoding", "not UTF-8 text", "save the file as UTF-8")
            raise Refused(str(problem)) from None
    return request.form.get(stem, "").replace("\r\n", "\n")


def _same(texts: dict[str, str], name: str, text: str) -> bool:
    return text.strip() == texts.get(name, "").replace("\r\n", "\n").strip()


def _period(periods: dict[str, tuple[str, int, int]]) -> tuple[int, int]:
    chosen = field("period")
    if chosen in periods:
        return periods[chosen][1:]
    start, end = (parse(field(name), here().tz) for name in ("from", "to"))
    if end <= start:
        raise Refused(_("结束时间要晚于开始时间"))
    if end - start > LONGEST:
        raise Refused(_("一次最多预演二十年"))
    return start, end


def _answers() -> Answers:
    return ANSWERS.get(field("answers"), ANSWERS[WITHIN])


@blueprint.get("/rehearsal/<token>")
@needs(Role.ENGINEER)
def job(token: str) -> str:
    """How far it is; what it has found when it is done."""
    found = _jobs().known(token)
    done = found.done.is_set()  # once: it may end while the page is drawn
    report = tables.report(found.found, here().district) if done and found.found else None
    return render_template("rehearsal_job.html", job=found, done=done, report=report)


@blueprint.get("/rehearsal/<token>/progress")
@needs(Role.ENGINEER)
def progress(token: str) -> ResponseReturnValue:
    """How far, for the page's bar."""
    found = _jobs().known(token)
    return jsonify(done=found.done.is_set(), rules=found.progress[0], of=found.progress[1])


@blueprint.post("/rehearsal/<token>/cancel")
@needs(Role.ENGINEER)
def cancel(token: str) -> ResponseReturnValue:
    """Stop it; nothing was changed."""
    _jobs().known(token).cancelled.set()
    return redirect(url_for("rehearsal.job", token=token))


@blueprint.get("/rehearsal/<token>/alerts.csv")
@needs(Role.ENGINEER)
def download(token: str) -> Response:
    """Every alert of both, side by side, for a spreadsheet."""
    found = _jobs().known(token)
    if found.found is None:
        abort(HTTPStatus.NOT_FOUND)
    text = tables.as_csv(found.found, here().district)
    response = Response("\ufeff" + text, mimetype="text/csv; charset=utf-8")
    name = f"rehearsal-{local(found.task.start, here().tz):%Y%m%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
