"""The people of the simulated world: they answer after a while what they have heard, or never."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from floodwatch.model.clock import MINUTE
from floodwatch.model.errors import Refused
from floodwatch.store.answers import acknowledge, answer
from tests.faults import district

if TYPE_CHECKING:
    from tests.faults.world import World


def heed(world: "World") -> None:
    """Whoever heard of it answers after a while, or never."""
    rows = world.judge.query(
        "SELECT id, alert_id, party, severity FROM obligation WHERE state = 'open'"
    )
    for _, alert_id, party, severity in rows:
        key = (alert_id, party, severity)
        if key in world.asked:
            continue
        world.asked.add(key)
        if world.chance.random() < 0.55:
            wait = world.chance.expovariate(1 / (4 * MINUTE))
            world.at(world.now + round(wait), _answers(world, alert_id, party))


def _answers(world: "World", alert_id: int, party: str) -> Callable[[], None]:
    def answers() -> None:
        machine = world.machine
        if party != "room" and not {(alert_id, party), (None, party)} & world.post.heard:
            world.at(world.now + 2 * MINUTE, answers)  # nobody answers what he has not heard
            return
        world.judge.answered(alert_id, party)
        try:
            with machine.database.write(epoch=machine.epoch) as tx:
                now = machine.service.moment(tx.connection).now
                if party == "room":
                    acknowledge(tx, alert_id, who=district.OFFICER, note="", via="page", now=now)
                else:
                    answer(tx, party, who=party, via="sms", now=now, alert_id=alert_id)
        except Refused:
            return
        except BaseException:
            world.at(world.now + MINUTE, answers)
            raise
        world.counts["answers"] += 1

    return answers
