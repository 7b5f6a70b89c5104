"""plotly.js out of the Python package, and the addresses of static files."""

import gzip
import hashlib
from functools import cache
from importlib import resources
from pathlib import Path

from flask import Blueprint, Flask, Response, request, url_for
from plotly.offline import get_plotlyjs_version

from floodwatch.web.guard import PUBLIC, needs

blueprint = Blueprint("assets", __name__)
VERSION: str = get_plotlyjs_version()
A_YEAR = "public, max-age=31536000, immutable"


@cache
def _plotly() -> tuple[bytes, bytes]:
    """(plotly.js as it is, gzipped); read and packed once a process."""
    plain = resources.files("plotly").joinpath("package_data/plotly.min.js").read_bytes()
    return plain, gzip.compress(plain, 6)


@blueprint.get(f"/assets/plotly-{VERSION}.min.js")
@needs(PUBLIC)
def plotly() -> Response:
    """The library that draws; its address changes with its version, so it may be kept for good."""
    plain, packed = _plotly()
    small = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(packed if small else plain, mimetype="text/javascript")
    response.headers["Cache-Control"] = A_YEAR
    response.headers["Vary"] = "Accept-Encoding"
    if small:
        response.headers["Content-Encoding"] = "gzip"
    return response


@blueprint.get("/favicon.ico")
@needs(PUBLIC)
def favicon() -> Response:
    """The icon browsers ask for by themselves."""
    path = Path(__file__).parent / "static" / "icon.svg"
    response = Response(path.read_bytes(), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def install(app: Flask) -> None:
    """static(name): the address of a static file that changes when the file does."""
    folder = Path(app.static_folder or "")

    @cache
    def mark(name: str) -> str:
        return hashlib.sha256((folder / name).read_bytes()).hexdigest()[:10]

    def static(name: str) -> str:
        return url_for("static", filename=name, v=mark(name))

    app.jinja_env.globals["static"] = static
    app.jinja_env.globals["plotly_url"] = lambda: url_for("assets.plotly")
