"""A channel of a cloud provider: what must be there before a message is handed to its library."""

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from floodwatch.model.errors import Refused
from floodwatch.model.notification import Message, Result, Sent
from floodwatch.notify.channels.cloud_sms import Filled, filled
from floodwatch.notify.channels.plain import one_line
from floodwatch.notify.channels.telephone import number
from floodwatch.outside.secret import secret

USUAL_S = 15.0  # how long an answer is waited for, unless the settings say


class CloudChannel(ABC):
    """One call of the provider's library a message, with an approved template."""

    variables: tuple[str, str]  # of the environment, that hold the key and its secret

    def __init__(
        self, settings: Mapping[str, Any], *, environment: Mapping[str, str] | None = None
    ) -> None:
        self._sign = str(settings["sign"])
        self._templates: Mapping[str, Any] = settings["templates"]
        self.timeout = float(settings.get("timeout", USUAL_S * 1_000)) / 1_000
        self._environment = os.environ if environment is None else environment

    def send(self, message: Message) -> Result:
        """One message to one number."""
        if not (to := number(message.address)):
            return Result(Sent.PERMANENT, f"{one_line(message.address)} is no telephone number")
        template = filled(message, self._templates)
        if template.why:
            return Result(Sent.PERMANENT, template.why)
        try:
            keys = self._keys()
        except Refused as error:
            return Result(Sent.RETRY, str(error))
        return self._hand_over(message, to, template=template, keys=keys)

    def _keys(self) -> tuple[str, str]:
        one, other = self.variables
        return secret(self._environment, one), secret(self._environment, other)

    @abstractmethod
    def _hand_over(
        self, message: Message, to: str, *, template: Filled, keys: tuple[str, str]
    ) -> Result: ...
