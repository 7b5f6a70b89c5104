"""What the providers' own libraries have in common: bounded, and no secret in what they say."""

import importlib.util
from collections.abc import Callable, Sequence
from typing import TypeVar

from floodwatch.model.notification import Result, Sent
from floodwatch.notify.channels.plain import one_line
from floodwatch.outside.bounded import Overrun, within

T = TypeVar("T")
# Texts by which the libraries' connection faults say that nothing has been sent yet.
_BEFORE = (
    "NewConnectionError", "NameResolutionError", "ConnectTimeout", "Failed to establish",
    "Connection refused", "CERTIFICATE_VERIFY_FAILED", "SSLCertVerificationError",
)  # fmt: skip


def installed(package: str) -> bool:
    """Whether an optional library is there."""
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def bounded(seconds: float, work: Callable[[], T], judge: Callable[[T], Result]) -> Result:
    """The outcome of a library's call: what it returns is judged, what it raises is told apart."""
    try:
        return judge(within(seconds, work))
    except Overrun as error:
        return Result(Sent.UNKNOWN, str(error))
    except Exception as error:  # noqa: BLE001 - libraries raise what they like
        return fault(error)


def fault(error: Exception) -> Result:
    """A fault of the connection: refused before anything was said, or nobody knows."""
    said = f"{type(error).__name__}: {error}"
    if any(word in said for word in _BEFORE):
        return Result(Sent.RETRY, "no connection to the provider")
    return Result(Sent.UNKNOWN, f"no proper answer from the provider ({type(error).__name__})")


def told(code: str, said: str, secrets: Sequence[str]) -> str:
    """A provider's words for the record: one line, without secrets."""
    text = one_line(f"{code}: {said}")[:200]
    for held in secrets:
        text = text.replace(held, "***") if held else text
    return text
