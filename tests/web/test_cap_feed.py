"""The Atom feed and the CAP documents over HTTP."""

from xml.etree import ElementTree

from floodwatch.model.people import Role
from floodwatch.reports import atom
from tests.web.conftest import SignIn


def test_the_feed_leads_to_documents_that_are_there(sign_in: SignIn) -> None:
    client = sign_in(Role.VIEWER)
    answer = client.get("/api/v1/alerts.atom")
    assert answer.mimetype == "application/atom+xml"
    space = f"{{{atom.NAMESPACE}}}"
    entries = ElementTree.fromstring(answer.data).findall(f"{space}entry")
    assert entries
    for entry in entries:
        link = entry.find(f"{space}link")
        assert link is not None
        document = client.get(str(link.get("href")))
        assert (document.status_code, document.mimetype) == (200, atom.CAP_TYPE)


def test_without_a_session_or_token_nothing_is_told(sign_in: SignIn) -> None:
    client = sign_in(Role.VIEWER).application.test_client()
    assert client.get("/api/v1/alerts.atom").status_code == 401


def test_what_was_never_said_is_not_found(sign_in: SignIn) -> None:
    client = sign_in(Role.VIEWER)
    assert client.get("/api/v1/alerts/1/cap/999.xml").status_code == 404
    assert client.get("/api/v1/alerts/999/cap/1.xml").status_code == 404
