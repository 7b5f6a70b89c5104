"""Settings of what is asked outside, each with its own words for a mistake."""

from typing import Annotated

from pydantic import BeforeValidator

from floodwatch.model.fields import refuse
from floodwatch.outside.outbound import Forbidden, checked, network


def _url(given: object) -> str:
    try:
        checked(given if isinstance(given, str) else "")
    except Forbidden as error:
        refuse(str(error), 'write it as "https://host/path"')
    return str(given)


def _network(given: object) -> str:
    if not isinstance(given, str) or network(given) is None:
        refuse(f"{given!r} is not a network", 'write it as "192.168.10.0/24" or one address')
    return given


Url = Annotated[str, BeforeValidator(_url)]
Network = Annotated[str, BeforeValidator(_network)]
