"""What asks one URL: its settings, the environment that holds its secret, how it is asked."""

import os
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from floodwatch.model.notification import Result
from floodwatch.outside.outbound import Reply, deliver


class UrlChannel:
    """The base of the channels that POST each message to one URL."""

    usual_s = 10.0  # how long an answer is waited for, unless the settings say

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        environment: Mapping[str, str] | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._url = str(settings["url"])
        self._allowed: Sequence[str] = tuple(settings.get("allow", ()))
        self.timeout = float(settings.get("timeout", self.usual_s * 1_000)) / 1_000
        self._environment = os.environ if environment is None else environment
        self._context = context

    def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[Result, Reply | None]:
        return deliver(
            self._url,
            body=body,
            headers=headers,
            seconds=self.timeout,
            allowed=self._allowed,
            context=self._context,
        )
