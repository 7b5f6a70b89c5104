"""`bulletin`, `handover`: the 08:00 report and the hand-over sheet, printed or sent."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import click

from floodwatch.bootstrap import Services, open_services
from floodwatch.cli.context import Call, shared
from floodwatch.model.moment import iso, parse, parse_day
from floodwatch.pipeline.circulate import BULLETIN, HANDOVER, circulate
from floodwatch.reports import handover as sheet
from floodwatch.reports.bulletin import text
from floodwatch.reports.gather import facts, latest_day
from floodwatch.reports.present import shift_until

WHO = "command line"


@click.command("bulletin")
@click.option("--date", "day", help="The day whose 08:00 it is written for; default the last one.")
@click.option("--send-to", "people", multiple=True, help="Also send it to this person; repeatable.")
@shared
def bulletin(call: Call, day: str | None, people: tuple[str, ...]) -> None:
    """Print the 08:00 report (水情日报) in the customary wording."""
    with closing(open_services(call.config, call.data)) as services:
        district, now = services.configuration.current(), services.now()
        chosen = parse_day(day) if day else latest_day(now, district.tz)
        found = facts(services.database, district, chosen, now=now)
        said = text(found)
        number = chosen.year * 10_000 + chosen.month * 100 + chosen.day
        sent = _sent(services, said, kind=BULLETIN, number=number, people=people)
    call.emit(
        {"date": chosen.isoformat(), "at": iso(found.at), "text": said, "sent_to": sent}, said
    )


@click.command("handover")
@click.option("--since", help="When the shift began, ISO 8601; default the last change of shift.")
@click.option("--send-to", "people", multiple=True, help="Also send it to this person; repeatable.")
@shared
def handover(call: Call, since: str | None, people: tuple[str, ...]) -> None:
    """Print the hand-over sheet (交接班单): what changed since the shift began."""
    with closing(open_services(call.config, call.data)) as services:
        district, now = services.configuration.current(), services.now()
        start = parse(since, district.tz) if since else sheet.began(now, district)
        found = shift_until(services.database, district, start=start, end=now)
        said = sheet.text(found, district)
        sent = _sent(services, said, kind=HANDOVER, number=now, people=people)
    parts: dict[str, Any] = dict(sheet.parts(found, district))
    call.emit(
        {"from": iso(start), "to": iso(now), "parts": parts, "text": said, "sent_to": sent}, said
    )


def _sent(
    services: Services, said: str, *, kind: str, number: int, people: Sequence[str]
) -> list[str]:
    """To whom the sheet was given out; nobody when nobody was named."""
    if not people:
        return []
    with services.database.write() as tx:
        return circulate(
            tx,
            said,
            kind=kind,
            day=number,
            people=people,
            district=services.configuration.current(),
            who=WHO,
            now=services.now(),
        )
