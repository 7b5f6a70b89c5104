"""A mail gateway that opens every link before it hands a mail on, as many do."""

import re
from pathlib import Path

from flask.testing import FlaskClient

from floodwatch.bootstrap.services import Services
from floodwatch.web.app import create_app
from tests.faults.machine import Machine
from tests.faults.ways_out import Taken

LINK = re.compile(r"https://floodwatch\.example\.org(/answer/\S+)")


class Scanner:
    """Opens the links of mails, by GET, with the real pages over the machine's database."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._client: FlaskClient | None = None
        self._of: object = None
        self._seen = 0
        self.opened = 0

    def look(self, taken: list[Taken]) -> None:
        """Open what has come since."""
        for one in taken[self._seen :]:
            for path in LINK.findall(one.message.body):
                # A gateway has many addresses: the limit of requests shall not save us.
                came_from = {"REMOTE_ADDR": f"192.0.2.{self.opened % 250}"}
                answer = self._asked().get(path, environ_base=came_from)
                self.opened += answer.status_code == 200
        self._seen = len(taken)

    def _asked(self) -> FlaskClient:
        """The pages of this life of the machine."""
        machine = self._machine
        if self._client is None or self._of is not machine.database:
            self._of = machine.database
            services = Services(
                Path("config"),
                machine.folder,
                machine.database,
                demonstration=False,
                clock=machine.clock,
                service=machine.service,
            )
            self._client = create_app(services).test_client()
        return self._client
