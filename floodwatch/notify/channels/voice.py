"""Telephone calls by a provider over HTTP: the text is spoken, a key is pressed to confirm.

POST `url` starts a call, `{"id", "to", "text", "language", "confirm", "repeat"}`; the answer names
it, `{"call": "…"}`. GET `url`/CALL tells how far it is: `{"state": "queued|ringing|answered|heard|
confirmed|no_answer|busy|off|failed"}`. Answered, heard and confirmed are kept apart: only a pressed
key is an answer, and an answering machine presses none.
"""

import http.client
import json
import ssl
import threading
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pydantic import Field

from floodwatch.model.errors import Refused
from floodwatch.model.fields import Duration, Table
from floodwatch.model.notification import Call, DeliveryReport, Message, Result, Sent
from floodwatch.notify.channels.plain import one_line
from floodwatch.notify.channels.url_channel import UrlChannel
from floodwatch.notify.channels.webhook import token
from floodwatch.outside.fields import Network, Url
from floodwatch.outside.outbound import Forbidden, ask
from floodwatch.outside.secret import secret

TOKEN = "FLOODWATCH_VOICE_TOKEN"  # noqa: S105 - the name of the variable
MOST = 200  # calls that are asked after
ENDED = (Call.CONFIRMED, Call.NO_ANSWER, Call.BUSY, Call.OFF, Call.FAILED)
TAKEN = (Call.ANSWERED, Call.HEARD, Call.CONFIRMED)


class VoiceTable(Table):
    """[channels.voice]; the token comes from the environment."""

    url: Url = Field(description='the provider, such as url = "https://example.org/calls"')
    allow: list[Network] = Field(default_factory=list)
    confirm: str = Field("1", pattern=r"^[0-9]$")  # the key
    repeat: int = Field(2, ge=1, le=5)  # how often the text is spoken
    timeout: Duration = 10_000


class VoiceChannel(UrlChannel):
    """Starts a call a message; how far each got comes by `reports`."""

    name = "voice"

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        environment: Mapping[str, str] | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(settings, environment=environment, context=context)
        self._url = self._url.rstrip("/")
        self._confirm = str(settings.get("confirm", "1"))
        self._repeat = int(settings.get("repeat", 2))
        self._open: dict[str, str] = {}  # call -> the state last told
        self._lock = threading.Lock()

    def send(self, message: Message) -> Result:
        """Start a call; a provider that knows the key starts no second one for a repeat."""
        try:
            headers = self._headers() | {
                "Content-Type": "application/json; charset=utf-8",
                "Idempotency-Key": token(message.key),
            }
        except Refused as error:
            return Result(Sent.RETRY, str(error))
        spoken = one_line(message.body.partition("\n")[0] or message.subject)
        content = {
            "id": token(message.key),
            "to": one_line(message.address),
            "text": spoken,
            "language": "zh" if any(ord(letter) > 0x2E7F for letter in spoken) else "en",
            "confirm": self._confirm,
            "repeat": self._repeat,
        }
        result, reply = self._post(json.dumps(content, ensure_ascii=False).encode(), headers)
        call = _word(reply.body, "call") if reply else ""
        if result.sent is not Sent.ACCEPTED:
            return result
        if not call:
            return Result(Sent.UNKNOWN, f"{result.detail}, but the answer names no call")
        with self._lock:
            self._open[call] = ""
            while len(self._open) > MOST:
                del self._open[next(iter(self._open))]
        return Result(Sent.ACCEPTED, f"call {call} is on its way", call)

    def watch(self, provider_ids: Sequence[str]) -> None:
        """Ask after these too: calls that an earlier engine started."""
        with self._lock:
            for call in provider_ids:
                self._open.setdefault(call, "")

    def reports(self) -> list[DeliveryReport]:
        """What is new of each call that has not ended; one that cannot be asked comes next time."""
        with self._lock:
            calls = dict(self._open)
        found = []
        for call, before in calls.items():
            state = self._state(call)
            if state is None:
                break  # the provider is away; the others would only wait too
            if state and state != before:
                known = Call(state)
                found.append(DeliveryReport(call, known in TAKEN, known.value, 0, known))
            with self._lock:
                if state in tuple(ENDED):
                    self._open.pop(call, None)
                elif call in self._open:
                    self._open[call] = state
        return found

    def _state(self, call: str) -> str | None:
        """How far a call is; empty when nothing is to be told yet, None when nobody says."""
        try:
            reply = ask(
                "GET",
                f"{self._url}/{quote(call, safe='')}",
                headers=self._headers(),
                seconds=self.timeout,
                allowed=self._allowed,
                context=self._context,
            )
        except (Refused, Forbidden, OSError, http.client.HTTPException, ValueError):
            return None
        if reply.status in (404, 410):
            return Call.FAILED.value  # it knows nothing of the call: nobody will confirm it
        state = _word(reply.body, "state")
        return state if state in tuple(Call) else ""

    def _headers(self) -> dict[str, str]:
        held = secret(self._environment, TOKEN)
        if any(ord(c) < 33 or ord(c) > 126 for c in held):
            raise Refused(f"{TOKEN} holds characters that a header cannot carry")
        return {"Authorization": f"Bearer {held}", "User-Agent": "FloodWatch"}


def _word(body: bytes, key: str) -> str:
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    word = found.get(key) if isinstance(found, dict) else None
    return str(word)[:200] if isinstance(word, str | int) else ""
