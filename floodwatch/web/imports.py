"""/imports: history from files, with a preview before and an undo after."""

from flask import Blueprint, render_template

from floodwatch.model.people import Role
from floodwatch.web.guard import needs

blueprint = Blueprint("imports", __name__)


@blueprint.get("/imports")
@needs(Role.ENGINEER)
def index() -> str:
    """The list of imports and the way to a new one."""
    return render_template("imports.html")
