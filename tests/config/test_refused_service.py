"""Settings of the service that cannot be are refused with their line and field."""

import pytest

from floodwatch.notify.channels import EXTRAS
from tests.config.conftest import Case, Folder, check

ALIYUN = """[channels.sms_aliyun]
sign = "示范防办"
[channels.sms_aliyun.templates.any]
id = "SMS_1"
text = "${place}${value}，${limit}，请${action}"
"""
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
    Case(
        "template with a link",
        "[channels.smtp]",
        ALIYUN.replace("${value}", "${value} https://example.org") + "[channels.smtp]",
        "channels.sms_aliyun.templates.any",
        "a link",
        "leave it out",
    ),
    Case(
        "template with an unknown slot",
        "[channels.smtp]",
        ALIYUN.replace("${value}", "${colour}") + "[channels.smtp]",
        "channels.sms_aliyun.templates.any",
        "'colour'",
        "place, value, limit, action, code",
    ),
    Case(
        "template too long",
        "[channels.smtp]",
        ALIYUN.replace("${value}", "${value}" + "很长" * 32) + "[channels.smtp]",
        "channels.sms_aliyun.templates.any",
        "of 70 characters",
        "shorten it",
    ),
    Case(
        "no template for the other kinds",
        "[channels.smtp]",
        ALIYUN.replace("templates.any", "templates.fired") + "[channels.smtp]",
        "channels.sms_aliyun.templates.any",
        "missing",
        "templates.any",
    ),
    Case(
        "secret of a cloud",
        "[channels.smtp]",
        ALIYUN.replace("sign =", 'key_secret = "x"\nsign =') + "[channels.smtp]",
        "channels.sms_aliyun.key_secret",
        "secrets",
        "FLOODWATCH_SMS_ALIYUN_KEY_SECRET",
    ),
    Case(
        "webhook to a file",
        "[channels.smtp]",
        '[channels.webhook]\nurl = "file:///etc/passwd"\n[channels.smtp]',
        "channels.webhook.url",
        "http",
        "https://host/path",
    ),
    Case(
        "network of a webhook",
        "[channels.smtp]",
        '[channels.webhook]\nurl = "https://example.org"\nallow = ["10.0.0"]\n[channels.smtp]',
        "channels.webhook.allow[1]",
        "not a network",
        "192.168.10.0/24",
    ),
    Case(
        "text with an unknown field",
        "[channels.smtp]",
        '[texts.zh]\nfired = "${place}${value}${limit}${akcion}"\n[channels.smtp]',
        "texts.zh.fired",
        "'akcion'",
        "'action'",
    ),
    Case(
        "text that leaves out the limit",
        "[channels.smtp]",
        '[texts.zh]\nfired = "${place}${value}，${action}"\n[channels.smtp]',
        "texts.zh.fired",
        "does not say limit",
        "${limit}",
    ),
    Case(
        "text of a kind without one",
        "[channels.smtp]",
        '[texts.zh]\nfirde = "${place}"\n[channels.smtp]',
        "texts.zh.firde",
        "unknown",
        "'fired'",
    ),
    Case("syntax", "port = 25", "port = ", "syntax", "not valid TOML", "line"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_impossible_setting_is_refused(folder: Folder, case: Case) -> None:
    check(folder, "floodwatch.toml", case)


def test_a_channel_whose_library_is_missing_is_refused(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EXTRAS, "sms_aliyun", ("no_such_library", "aliyun"))
    case = Case(
        "library",
        "[channels.smtp]",
        ALIYUN + "[channels.smtp]",
        "channels.sms_aliyun",
        "not installed",
        "extra aliyun: pip install --require-hashes -r requirements-extras.lock",
    )
    check(folder, "floodwatch.toml", case)
