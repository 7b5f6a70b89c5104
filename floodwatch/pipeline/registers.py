"""What people enter has the rules that consult it judged again at the next tick."""

from collections.abc import Iterator

from sqlalchemy import Connection

from floodwatch.model.alert import DISTRICT
from floodwatch.pipeline.plan import Plan
from floodwatch.rules.context import Rule
from floodwatch.store.clockwork import set_setting, setting
from floodwatch.store.database import Transaction
from floodwatch.store.registers import OF_STATION

NAME = "entered"  # the setting by which whoever enters something tells the engine


def entered(tx: Transaction, register: str, station: str = "") -> None:
    """A row of `register` was entered or changed, in this transaction; `station` where it has one.

    The rules that consult it are judged at the engine's next tick, a fifth of a second later.
    """
    waiting = setting(tx.connection, NAME) or []
    if [register, station] not in waiting:
        set_setting(tx, NAME, [*waiting, [register, station]])


def waiting(connection: Connection) -> bool:
    """Whether something was entered that the rules have not seen yet."""
    return bool(setting(connection, NAME))


def take(tx: Transaction, plan: Plan) -> Iterator[Rule]:
    """The rules that what was entered concerns; afterwards nothing waits any more."""
    told = setting(tx.connection, NAME) or []
    if not told:
        return
    set_setting(tx, NAME, [])
    for key, consulted in plan.order.registers.items():
        for register, station in told:
            mine = register not in OF_STATION or key.station in (station, DISTRICT)
            if mine and register in consulted and key in plan.rules:
                yield plan.rules[key]
                break
