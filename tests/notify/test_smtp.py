"""The mail channel against real servers, those that refuse, and those that misbehave."""

import socket
import ssl
import subprocess
import threading
import time

import pytest

from floodwatch.model.notification import Message, Result, Sent
from floodwatch.notify.channels.smtp import PASSWORD, SmtpChannel, compose
from floodwatch.outside import names
from tests.notify.mail_server import Recorder, bare_server, mail_server, talk

UNTIL_CONTENT = [b"220 hello", b"250 hello", b"250 sender", b"250 recipient", b"354 go on"]


def message(address: str = "a@example.org", *, attempt: int = 1) -> Message:
    return Message(
        key="12-1-示范丙三-smtp-0",
        address=address,
        person="示范丙三",
        subject="【内部告警Ⅱ】示范石桥水库",
        body="地点：示范石桥水库\n.\n..两点\n",
        severity=3,
        attempt=attempt,
    )


def sent(
    port: int,
    said: Message | None = None,
    *,
    timeout: float = 5.0,
    to: str = "a@example.org",
    **settings: str,
) -> Result:
    table = {
        "host": "127.0.0.1",
        "port": port,
        "from": "floodwatch@example.org",
        "security": "none",
        "timeout": timeout * 1000,
    }
    return SmtpChannel(table | settings).send(said or message(to))


def test_a_message_arrives_whole() -> None:
    recorder = Recorder()
    with mail_server(recorder) as port:
        result = sent(port)
    assert result.sent is Sent.ACCEPTED
    (mail,) = recorder.taken
    assert mail["Subject"] == "【内部告警Ⅱ】示范石桥水库"
    assert mail["To"].addresses[0].addr_spec == "a@example.org"
    assert mail.get_content().splitlines() == message().body.splitlines()


def test_a_repeat_carries_the_same_message_id() -> None:
    recorder = Recorder()
    with mail_server(recorder) as port:
        sent(port)
        sent(port)
    first, second = recorder.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].endswith("@example.org>")


def test_line_breaks_in_a_subject_or_name_make_no_header() -> None:
    recorder = Recorder()
    evil = Message("k", "a@example.org", "丙\r\nBcc: x@y.z", "a\r\nBcc: b@c.d", "text", 1)
    with mail_server(recorder) as port:
        result = sent(port, evil)
    assert result.sent is Sent.ACCEPTED
    assert recorder.taken[0]["Bcc"] is None


def test_an_address_that_is_none_is_refused_for_good() -> None:
    assert sent(1, to="no address\r\nRCPT TO:<x@y.z>").sent is Sent.PERMANENT


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("550 no such user", Sent.PERMANENT),
        ("552 mailbox full", Sent.PERMANENT),
        ("451 greylisted", Sent.RETRY),
        ("421 going down", Sent.RETRY),
    ],
)
def test_a_refused_recipient_is_told_from_one_to_be_tried_again(
    answer: str, expected: Sent
) -> None:
    recorder = Recorder(rcpt={"a@example.org": answer})
    with mail_server(recorder) as port:
        result = sent(port)
        other = sent(port, to="b@example.org")
    assert (result.sent, result.detail) == (expected, f"RCPT TO: {answer}")
    assert other.sent is Sent.ACCEPTED
    assert len(recorder.taken) == 1


@pytest.mark.parametrize(
    ("answer", "expected"), [("554 spam", Sent.PERMANENT), ("452 disk full", Sent.RETRY)]
)
def test_refused_content_is_told_apart_too(answer: str, expected: Sent) -> None:
    recorder = Recorder(content=[answer])
    with mail_server(recorder) as port:
        assert sent(port).sent is expected
        assert sent(port).sent is Sent.ACCEPTED


def test_a_server_that_never_greets_is_left_within_the_limit() -> None:
    with bare_server(lambda line: void(line)) as port:
        assert sent(port, timeout=0.3).sent is Sent.RETRY


def test_a_server_that_says_one_byte_at_a_time_is_left_within_the_limit() -> None:
    def drip(line: socket.socket) -> None:
        for _ in range(200):
            line.sendall(b"2")
            time.sleep(0.05)

    with bare_server(drip) as port:
        assert sent(port, timeout=0.4).sent is Sent.RETRY


def test_nobody_listening_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert sent(port).sent is Sent.RETRY


def test_a_line_cut_before_the_content_is_tried_again_without_doubt() -> None:
    with bare_server(talk(UNTIL_CONTENT[:3])) as port:
        assert sent(port).sent is Sent.RETRY


def test_a_line_cut_after_the_dot_leaves_the_outcome_unknown() -> None:
    with bare_server(talk(UNTIL_CONTENT)) as port:
        assert sent(port).sent is Sent.UNKNOWN


def test_silence_after_the_dot_leaves_the_outcome_unknown() -> None:
    def script(line: socket.socket) -> None:
        talk(UNTIL_CONTENT)(line)
        void(line)

    with bare_server(script) as port:
        assert sent(port, timeout=0.5).sent is Sent.UNKNOWN


def test_a_line_cut_after_the_last_word_changes_nothing() -> None:
    with bare_server(talk([*UNTIL_CONTENT, b"250 taken"])) as port:
        assert sent(port).sent is Sent.ACCEPTED


def test_encryption_asked_for_and_not_offered_sends_nothing_in_the_clear() -> None:
    recorder = Recorder()
    with mail_server(recorder) as port:
        result = sent(port, security="starttls")
    assert result.sent is Sent.RETRY
    assert "STARTTLS" in result.detail
    assert recorder.taken == []


def test_the_password_comes_from_the_file_named_in_the_environment(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aiosmtpd.smtp import AuthResult, LoginPassword

    secret = tmp_path / "password"
    secret.write_text("geheim\n", encoding="utf-8")
    secret.chmod(0o600)
    monkeypatch.setenv(f"{PASSWORD}_FILE", str(secret))
    seen = []

    def authenticate(server, session, envelope, mechanism, data) -> AuthResult:
        assert isinstance(data, LoginPassword)
        seen.append(data.password)
        return AuthResult(success=True)

    recorder = Recorder()
    with mail_server(recorder, authenticator=authenticate, auth_require_tls=False) as port:
        assert sent(port, user="floodwatch").sent is Sent.ACCEPTED
    assert seen == [b"geheim"]


def void(line: socket.socket) -> None:
    """Say nothing until the other side hangs up."""
    while line.recv(4096):
        pass


PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40


def test_a_picture_stands_inside_the_mail_beside_the_plain_text() -> None:
    mail = compose(message(), "floodwatch@example.org", picture=PNG)
    assert mail.get_content_type() == "multipart/alternative"
    plain, shown = mail.iter_parts()
    assert plain.get_content_type() == "text/plain"
    assert "示范石桥水库" in plain.get_content()
    html, picture = shown.iter_parts()
    assert picture.get_content() == PNG
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html.get_content()
    assert "http" not in html.get_content().replace("<!doctype", "")


def test_what_is_written_in_a_mail_is_no_markup() -> None:
    evil = Message("k", "a@example.org", "丙", "x", "<script>alert(1)</script> & <b>", 1)
    mail = compose(evil, "floodwatch@example.org", picture=PNG)
    assert "<script>" not in list(mail.iter_parts())[1].as_string()
    assert "&lt;script&gt;" in next(list(mail.iter_parts())[1].iter_parts()).get_content()


def test_without_a_picture_a_mail_is_its_text_alone() -> None:
    mail = compose(message(), "floodwatch@example.org")
    assert (mail.get_content_type(), mail.is_multipart()) == ("text/plain", False)


def test_the_picture_is_asked_for_and_sent_along() -> None:
    recorder = Recorder()
    asked: list[Message] = []

    def picture(said: Message) -> bytes:
        asked.append(said)
        return PNG

    with mail_server(recorder) as port:
        table = {"host": "127.0.0.1", "port": port, "from": "f@example.org", "security": "none"}
        result = SmtpChannel(table, picture=picture).send(message())
    assert (result.sent, asked) == (Sent.ACCEPTED, [message()])
    assert [part.get_content_type() for part in recorder.taken[0].walk()].count("image/png") == 1


def test_a_certificate_nobody_vouches_for_gets_no_password(
    certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "geheim")
    heard: list[bytes] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    def script(line: socket.socket) -> None:
        for reply in (b"220 hi\r\n", b"250-hi\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"):
            line.sendall(reply)
            heard.append(line.recv(4096))
        line.sendall(b"220 go\r\n")
        with context.wrap_socket(line, server_side=True) as secure:
            heard.append(secure.recv(4096))

    with bare_server(script) as port:
        result = sent(port, security="starttls", user="floodwatch")
    assert result.sent is Sent.RETRY
    assert "certificate" in result.detail.lower()
    assert b"AUTH" not in b"".join(heard)


def test_a_server_of_another_name_is_refused_and_the_right_one_taken(
    certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = ssl.create_default_context(cafile=certificate[0])
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(*certificate)
    monkeypatch.setattr(names, "_look_up", lambda host, port: ["127.0.0.1"])
    found = {}
    for host in ("mail.example.org", "other.example.org"):
        with mail_server(Recorder(), tls_context=server) as port:
            table = {"host": host, "port": port, "from": "f@example.org", "timeout": 5_000}
            found[host] = SmtpChannel(table, context=trusting).send(message()).sent
    assert found == {"mail.example.org": Sent.ACCEPTED, "other.example.org": Sent.RETRY}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate of mail.example.org that only itself vouches for."""
    folder = tmp_path_factory.mktemp("tls")
    paths = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "3650", "-subj", "/CN=mail.example.org",
         "-addext", "subjectAltName=DNS:mail.example.org", "-out", paths[0], "-keyout", paths[1]],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return paths


def test_a_name_service_that_hangs_costs_no_more_than_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    never = threading.Event()
    monkeypatch.setattr(names, "_look_up", lambda host, port: [str(never.wait(30))])
    result = sent(25, timeout=0.3, host="drowned.example.org")
    never.set()
    assert result.sent is Sent.RETRY
