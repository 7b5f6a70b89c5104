"""Calls that cannot be interrupted, with an end in sight all the same."""

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Overrun(TimeoutError):
    """The call has not come back in time; its thread is left to itself."""


def within(seconds: float, work: Callable[[], T], *, name: str = "bounded") -> T:
    """What `work` returns or raises, or Overrun when it takes longer."""
    box: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            box.put((True, work()))
        except Exception as error:  # noqa: BLE001 - it is raised again where it is waited for
            box.put((False, error))

    threading.Thread(target=run, name=name, daemon=True).start()
    try:
        well, found = box.get(timeout=max(seconds, 0.0))
    except queue.Empty:
        raise Overrun(f"no end within {seconds:g} s") from None
    if not well:
        raise found
    return found  # type: ignore[no-any-return]
