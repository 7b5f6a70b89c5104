"""Whole-folder checks of the service's own settings."""

import ipaddress
import re
from collections.abc import Iterator

from floodwatch.config.draft import Draft
from floodwatch.model.errors import Problem
from floodwatch.notify.channels import missing

# beside setup.cfg, in the folder where FloodWatch is installed from
EXTRAS_LOCK = "requirements-extras.lock"


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
    yield from _libraries(draft)
    yield from _watch(draft)


def _libraries(draft: Draft) -> Iterator[Problem]:
    """Channels whose library is not installed would send nothing."""
    for name in draft.service.channels.model_fields_set:
        if extra := missing(name):
            what = "the library that this channel needs is not installed"
            remedy = f"install the extra {extra}: pip install --require-hashes -r {EXTRAS_LOCK}"
            yield draft.service_file.problem(("channels", name), what, remedy)


def _watch(draft: Draft) -> Iterator[Problem]:
    watch, file = draft.service.watch, draft.service_file
    url = watch.heartbeat_url
    if url and not re.fullmatch(r"https?://[^\s/@?#]+(?:[/?][^\s#]*)?", url):
        what = f"{url!r} cannot be asked for a heartbeat"
        remedy = "write an address that begins with https:// or http:// and has no user in it"
        yield file.problem(("watch", "heartbeat_url"), what, remedy)
    for network in watch.heartbeat_allowed:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            what = f"{network!r} is not a network"
            remedy = 'write address and length, such as "10.0.0.0/8"'
            yield file.problem(("watch", "heartbeat_allowed"), what, remedy)
