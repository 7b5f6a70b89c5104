"""Keeps a fault of one part from sinking the rest, and remembers it until the part works again."""

import logging
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from floodwatch.model.clock import MINUTE
from floodwatch.model.errors import StorageError
from floodwatch.store.clockwork import set_setting, setting
from floodwatch.store.database import Transaction

_log = logging.getLogger(__name__)

NAME = "faults"
RETRY = MINUTE  # after the first try, which follows at once
# Of these the whole transaction is at fault, or the machine: nothing else in it would work either.
_WHOLE = (StorageError, OSError, MemoryError)
_OWN = (DataError, IntegrityError, ProgrammingError)


class Fault(NamedTuple):
    """What a part has failed with, and when (service ms) it is tried again."""

    error: str
    next: int


def attempt(tx: Transaction, what: str, work: Callable[[], object]) -> str | None:
    """Do `work`; if it fails, take back what it alone has written and return its error."""
    try:
        with tx.part():
            work()
    except _WHOLE:
        raise
    except Exception as error:
        if isinstance(error, DBAPIError) and not isinstance(error, _OWN):
            raise
        _log.exception("%s failed; the rest goes on", what)
        return said(error)
    return None


def said(error: Exception) -> str:
    """An error in one short line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def known(connection: Connection) -> dict[str, Fault]:
    """The parts that do not work, by name (a rule's is its key)."""
    stored = setting(connection, NAME)
    found = stored if isinstance(stored, dict) else {}
    try:
        return {name: Fault(str(error), int(at)) for name, (error, at) in found.items()}
    except (TypeError, ValueError):
        _log.exception("the faults cannot be read; they are found anew")
        return {}


def note(tx: Transaction, failed: Mapping[str, str], *, now: int, wait: int = RETRY) -> None:
    """Remember parts that have failed, each with its error; tried again now, then after `wait`."""
    if not failed:
        return
    faults = known(tx.connection)
    for name, error in failed.items():
        faults[name] = Fault(error, now + wait if name in faults else now)
    set_setting(tx, NAME, faults)


def over(tx: Transaction, names: Collection[str]) -> None:
    """These parts work again, or are no longer there."""
    faults = known(tx.connection)
    left = {name: fault for name, fault in faults.items() if name not in names}
    if len(left) < len(faults):
        set_setting(tx, NAME, left)
