"""People and routes that cannot be are refused with their line and field."""

import pytest

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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_impossible_recipient_or_route_is_refused(folder: Folder, case: Case) -> None:
    check(folder, "recipients.toml", case)
