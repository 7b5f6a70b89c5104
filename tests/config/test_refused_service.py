"""Settings of the service that cannot be are refused with their line and field."""

import pytest

from tests.config.conftest import Case, Folder, check

CASES = (
    Case(
        "password",
        'security = "none"',
        'password = "x"',
        "channels.smtp.password",
        "secrets",
        "FLOODWATCH_SMTP_PASSWORD",
    ),
    Case(
        "time zone",
        "Asia/Shanghai",
        "Asia/Shanghia",
        "service.timezone",
        "unknown",
        "Asia/Shanghai",
    ),
    Case("security", '"none"', '"ssl"', "channels.smtp.security", "'ssl'", "starttls"),
    Case(
        "unknown channel",
        "[channels.smtp]",
        "[channels.smpt]",
        "channels.smpt",
        "unknown",
        "'smtp'",
    ),
    Case("unknown section", "[service]", "[servise]", "servise", "unknown key", "'service'"),
    Case(
        "public without authority",
        'name = "My district"',
        'wording = "public"',
        "service.wording",
        "authority",
        "internal",
    ),
    Case("inbox", 'security = "none"', "[channels.inbox]", "channels.inbox", "nobody", "real"),
    Case("syntax", "port = 25", "port = ", "syntax", "not valid TOML", "line"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_impossible_setting_is_refused(folder: Folder, case: Case) -> None:
    check(folder, "floodwatch.toml", case)
