"""People and routes that cannot be are refused with their line and field."""

import pytest

from floodwatch import config
from tests.config.conftest import Case, Folder, check

CASES = (
    Case("telephone", "+8610000000001", "010-0000001", "person[1].phone", "telephone", "+86"),
    Case("mail", "first.person@", "first.person", "person[1].email", "e-mail", "@"),
    Case(
        "unreachable person",
        'email = "first.person@example.org"\nphone = "+8610000000001"',
        "",
        "person[1].name",
        "cannot be reached",
        "add",
    ),
    Case(
        "unknown recipient",
        'people = ["First Person"]\nchannels',
        'people = ["Nobody"]\nchannels',
        "route[2].people[1]",
        "nobody",
        "",
    ),
    Case("unknown role", '["patrol"]', '["patrl"]', "route[1].roles[1]", "role", "'patrol'"),
    Case(
        "channel not configured", '"smtp", "log"', '"sms"', "route[1].channels[1]", "'sms'", "smtp"
    ),
    Case(
        "last route does not match all",
        "[[route]]\npeople",
        '[[route]]\nkind = ["lake"]\npeople',
        "route[2]",
        "everything",
        "end",
    ),
    Case(
        "route after one that matches all",
        'severity = ["I", "II"]\n',
        "",
        "route[1]",
        "never reached",
        "end",
    ),
    Case(
        "route that tells nobody",
        'people = ["First Person"]\nroles = ["patrol"]\nmust_answer = true\n',
        "",
        "route[1]",
        "tells nobody",
        "screen_only",
    ),
    Case(
        "deputy",
        'language = "en"',
        'deputy = "First Person"',
        "person[1].deputy",
        "nobody else",
        "",
    ),
    Case(
        "scripted answers",
        'language = "en"',
        'answers_after = "2min"',
        "person[1].answers_after",
        "demonstration",
        "",
    ),
)

CHANNELS = 'channels = ["smtp", "log"]\n\n'  # of the first route
SHIFT = '[[shift]]\nname = "夜班"\npeople = ["First Person"]\nfrom = "17:30"\nto = "08:00"\n'
ROSTER = (
    Case(
        "duty for nobody",
        CHANNELS,
        f'{CHANNELS}[[route.duty]]\nway = "text"\n\n',
        "route[1].duty[1]",
        "tells nobody",
        "name",
    ),
    Case(
        "duty for an unknown person",
        CHANNELS,
        f'{CHANNELS}[[route.duty]]\npeople = ["Frist Person"]\n\n',
        "route[1].duty[1].people[1]",
        "'Frist Person'",
        "First Person",
    ),
    Case(
        "duty for an unknown role",
        CHANNELS,
        f'{CHANNELS}[[route.duty]]\nroles = ["patroll"]\n\n',
        "route[1].duty[1].roles[1]",
        "'patroll'",
        "patrol",
    ),
    Case(
        "duty in an unknown way",
        CHANNELS,
        f'{CHANNELS}[[route.duty]]\npeople = ["First Person"]\nway = "fax"\n\n',
        "route[1].duty[1].way",
        "'fax'",
        "'call'",
    ),
    Case(
        "call without a time to answer in",
        CHANNELS,
        f'{CHANNELS}[[route.duty]]\npeople = ["First Person"]\nwithin = "0s"\n\n',
        "route[1].duty[1].within",
        "time to answer",
        "text",
    ),
    Case(
        "list that waits for an answer",
        CHANNELS,
        f'{CHANNELS}[[route.duty]]\npeople = ["First Person"]\nway = "list"\nwithin = "5min"\n\n',
        "route[1].duty[1].within",
        "no answer",
        "remove",
    ),
    Case(
        "list at no time of day",
        CHANNELS,
        f'{CHANNELS}[[route.duty]]\npeople = ["First Person"]\nway = "list"\nat = "25:00"\n\n',
        "route[1].duty[1].at",
        "time of day",
        "HH:MM",
    ),
    Case(
        "on duty without shifts",
        'people = ["First Person"]\nroles',
        'people = ["@duty"]\nroles',
        "route[1].people[1]",
        "'@duty'",
        "",
    ),
    Case(
        "unknown group",
        'people = ["First Person"]\nroles',
        'people = ["@streets"]\nroles',
        "route[1].people[1]",
        "'@streets'",
        "",
    ),
    Case(
        "unknown band",
        'severity = ["I", "II"]',
        'band = ["spil"]',
        "route[1].band[1]",
        "'spil'",
        "",
    ),
    Case(
        "unknown direction",
        'severity = ["I", "II"]',
        'direction = ["sideways"]',
        "route[1].direction[1]",
        "'sideways'",
        "'up'",
    ),
    Case(
        "screen only, and somebody told",
        "must_answer = true",
        "screen_only = true",
        "route[1].screen_only",
        "somebody is to be told",
        "room",
    ),
    Case(
        "shift of nobody known",
        "# Routes are tried",
        SHIFT.replace("First Person", "Nobody") + "\n# Routes are tried",
        "shift[1].people[1]",
        "'Nobody'",
        "",
    ),
    Case(
        "shift that begins at no time",
        "# Routes are tried",
        SHIFT.replace("17:30", "half past five") + "\n# Routes are tried",
        "shift[1].from",
        "time of day",
        "17:30",
    ),
    Case(
        "shift on no day",
        "# Routes are tried",
        SHIFT + 'days = ["someday"]\n\n# Routes are tried',
        "shift[1].days[1]",
        "day of the week",
        "mon",
    ),
    Case(
        "two shifts of one name",
        "# Routes are tried",
        SHIFT + SHIFT + "\n# Routes are tried",
        "shift[2].name",
        "twice",
        "differ",
    ),
    Case(
        "group of nobody",
        "# Routes are tried",
        '[[group]]\nname = "streets"\npeople = []\n\n# Routes are tried',
        "group[1].people",
        "nobody",
        "name",
    ),
    Case(
        "holiday that ends before it begins",
        "# Routes are tried",
        "[[holiday]]\nfrom = 2026-10-07\nto = 2026-10-01\n\n# Routes are tried",
        "holiday[1].to",
        "no holiday",
        "60",
    ),
    Case(
        "holiday that is no day",
        "# Routes are tried",
        '[[holiday]]\nfrom = "October"\n\n# Routes are tried',
        "holiday[1].from",
        "not a day",
        "2026-10-01",
    ),
    Case(
        "leave that ends before it begins",
        'language = "en"',
        "away = [{from = 2026-07-14, to = 2026-07-01}]",
        "person[1].away[1].to",
        "before it begins",
        "days",
    ),
)


@pytest.mark.parametrize("case", ROSTER, ids=lambda case: case.name)
def test_an_impossible_duty_or_roster_is_refused(folder: Folder, case: Case) -> None:
    check(folder, "recipients.toml", case)


def test_shifts_groups_and_duties_are_taken(folder: Folder) -> None:
    folder.edit(
        "recipients.toml",
        "# Routes are tried",
        SHIFT + '[[group]]\nname = "all"\npeople = ["First Person"]\n\n'
        "[[holiday]]\nfrom = 2026-10-01\nto = 2026-10-03\n\n# Routes are tried",
    )
    folder.edit(
        "recipients.toml",
        CHANNELS,
        f'{CHANNELS}[[route.duty]]\npeople = ["@duty", "@all"]\nway = "text"\nafter = "10min"\n\n',
    )
    found = config.load(folder.path)
    [duty] = found.routes[0].duties
    assert (duty.people, duty.way, duty.within, duty.after) == (
        ("@duty", "@all"),
        "text",
        0,
        600_000,
    )
    assert [(s.name, s.start, s.end) for s in found.shifts] == [("夜班", 63_000_000, 28_800_000)]
    assert found.groups == {"all": ("First Person",)}
    assert [day.isoformat() for day in sorted(found.holidays)] == [
        "2026-10-01",
        "2026-10-02",
        "2026-10-03",
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_impossible_recipient_or_route_is_refused(folder: Folder, case: Case) -> None:
    check(folder, "recipients.toml", case)
