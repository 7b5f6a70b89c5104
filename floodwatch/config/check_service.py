"""Whole-folder checks of the service's own settings."""

from collections.abc import Iterator

from floodwatch.config.draft import Draft
from floodwatch.model.errors import Problem


def check_service(draft: Draft) -> Iterator[Problem]:
    """What cannot be together in floodwatch.toml."""
    service, file = draft.service.service, draft.service_file
    if service.wording == "public" and not service.authority:
        what = "public warnings name the authority that issues them"
        remedy = 'add authority = "…", or use wording = "internal"'
        yield file.problem(("service", "wording"), what, remedy)
    if draft.service.channels.inbox is not None and not service.demonstration:
        what = "the inbox reaches nobody: it is the demonstration's"
        yield file.problem(("channels", "inbox"), what, "remove it and configure a real channel")
