"""What people see: pages, the HTTP interface and the stream of changes."""

from floodwatch.web.app import create_app
from floodwatch.web.auth import first_run_link
from floodwatch.web.server import WebServer
from floodwatch.web.services import Services

__all__ = ["Services", "WebServer", "create_app", "first_run_link"]
