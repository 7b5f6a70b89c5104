"""`bulletin`, `handover`: the 08:00 report and the hand-over sheet, printed or sent."""

from contextlib import closing
from datetime import date
from typing import Any

import click

from floodwatch.bootstrap import open_services
from floodwatch.cli.context import Call, shared
from floodwatch.model.errors import Refused
from floodwatch.model.moment import iso, parse
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
        chosen = _date(day) if day else latest_day(now, district.tz)
        found = facts(services.database, district, chosen, now=now)
        said = text(found)
        number = chosen.year * 10_000 + chosen.month * 100 + chosen.day
        sent: list[str] = []
        if people:
            with services.database.write() as tx:
                sent = circulate(
                    tx,
                    said,
                    kind=BULLETIN,
                    day=number,
                    people=people,
                    district=district,
                    who=WHO,
                    now=now,
                )
    call.emit(
        {"date": chosen.isoformat(), "at": iso(found.at), "text": said, "sent_to": sent}, said
    )


@click.command("handover")
@click.option("--since", help="When the shift began, ISO 8601; default 08:00 or 17:30 before now.")
@click.option("--send-to", "people", multiple=True, help="Also send it to this person; repeatable.")
@shared
def handover(call: Call, since: str | None, people: tuple[str, ...]) -> None:
    """Print the hand-over sheet (交接班单): what changed since the shift began."""
    with closing(open_services(call.config, call.data)) as services:
        district, now = services.configuration.current(), services.now()
        start = parse(since, district.tz) if since else sheet.began(now, district)
        found = shift_until(services.database, district, start=start, end=now)
        said = sheet.text(found, district)
        sent: list[str] = []
        if people:
            with services.database.write() as tx:
                sent = circulate(
                    tx,
                    said,
                    kind=HANDOVER,
                    day=now,
                    people=people,
                    district=district,
                    who=WHO,
                    now=now,
                )
    parts: dict[str, Any] = dict(sheet.parts(found, district))
    call.emit(
        {"from": iso(start), "to": iso(now), "parts": parts, "text": said, "sent_to": sent}, said
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"--date {text}: not a date; write it as 2026-06-18") from error
