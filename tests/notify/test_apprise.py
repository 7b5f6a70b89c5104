"""Chat by Apprise: whose address is taken."""

import pytest

from floodwatch.model.notification import Message, Sent
from floodwatch.notify.channels.apprise import URLS, AppriseChannel, addresses
from tests.notify.http_server import site


def message(address: str = "", person: str = "示范丙三") -> Message:
    return Message("1", address, person, "【内部告警Ⅱ】", "水位104.77米", 3)


def test_lines_name_addresses_and_comments_do_not() -> None:
    text = "# chat\n\n示范群 json://a/\n* json://b/ \nbroken\n"
    assert addresses(text) == {"示范群": "json://a/", "*": "json://b/"}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (message("示范群"), "/group"),
        (message("+8610000000001"), "/own"),
        (message("+8610000000002", "示范丙四"), "/all"),
    ],
)
def test_the_address_the_person_and_everybody_are_tried_in_this_order(
    given: Message, path: str
) -> None:
    with site() as found:
        at = f"json://127.0.0.1:{found.port}"
        urls = f"示范群 {at}/group\n示范丙三 {at}/own\n* {at}/all\n"
        result = AppriseChannel({}, environment={URLS: urls}).send(given)
    assert (result.sent, [one.path for one in found.asked]) == (Sent.ACCEPTED, [path])


def test_nobody_s_address_is_refused_for_good_and_no_list_is_tried_again() -> None:
    assert AppriseChannel({}, environment={URLS: "x json://a"}).send(message()).sent is (
        Sent.PERMANENT
    )
    assert AppriseChannel({}, environment={}).send(message()).sent is Sent.RETRY
