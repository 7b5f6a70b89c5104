"""Listens to a broker: one thread keeps the connection, one stores what came and acknowledges."""

import logging
import os
import queue
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from floodwatch.model.errors import Fenced, Refused, StorageError
from floodwatch.model.reading import RawReading
from floodwatch.outside.secret import secret
from floodwatch.sources.missing_words import words_of
from floodwatch.sources.mqtt.link import Link, Message
from floodwatch.sources.mqtt.payload import Topics
from floodwatch.sources.mqtt.settings import MqttTable
from floodwatch.sources.mqtt.stamps import Stamps
from floodwatch.sources.target import variable_name
from floodwatch.sources.way import Way

log = logging.getLogger(__name__)

WAITING = 10_000  # messages that may wait to be stored; then the network waits
TOGETHER = 500  # messages that are stored at once
SHORTEST_S, LONGEST_S = 1.0, 60.0  # between two tries to connect
STORE_AGAIN_S = 30.0  # at most between two tries to store
LOOK_S = 0.5  # so often each thread looks whether it shall end
ALIVE_S = 60.0  # a link without messages says so often that it works
STEADY_S = 30.0  # a link that has lived so long begins with the shortest pause again
END_S = 5.0  # for what waits, when we stop


class MqttSource:
    """A broker of the settings. What is not stored is not acknowledged and comes again."""

    def __init__(
        self,
        table: MqttTable,
        way: Way,
        *,
        environment: Mapping[str, str] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._table, self._way, self._jitter = table, way, jitter
        self._environment = os.environ if environment is None else environment
        self._topics = Topics(table.topics)
        self._stamps = Stamps(way.cursor)
        self._came: queue.Queue[Message] = queue.Queue(WAITING)
        self._stopping = threading.Event()
        self._taken = threading.Event()  # the taker has ended
        self._threads = [
            threading.Thread(target=work, name=f"{way.name} {name}", daemon=True)
            for name, work in (("link", self._keep_link), ("store", self._keep_storing))
        ]
        self._password: str | None = None

    def start(self) -> None:
        """Begin; what the broker says to it is noted. Raises Refused when a secret is missing."""
        if self._table.user:
            name = variable_name(self._table.name, "mqtt", "password")
            self._password = secret(self._environment, name)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take nothing more, store and acknowledge what waits, end."""
        self._stopping.set()
        self._taken.wait(END_S)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=END_S)

    # the link

    def _keep_link(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = self._way.clock.monotonic()
            try:
                self._listen()
            except (OSError, ValueError, Refused) as error:
                self._say(error)
            except Exception as error:  # the boundary of the thread: it must go on
                log.exception("%s: the connection failed", self._way.name)
                self._way.failed(error)
            steady = self._way.clock.monotonic() - began >= STEADY_S
            failures = 0 if steady else min(failures + 1, 10)
            pause = min(LONGEST_S, SHORTEST_S * 2.0 ** max(0, failures - 1))
            self._stopping.wait(pause * (0.5 + self._jitter() / 2))

    def _listen(self) -> None:
        """One connection, from its beginning to its end."""
        link = Link(
            self._table,
            self._password,
            subscriptions=self._topics.subscriptions,
            take=self._take,
            clock=self._way.clock,
        )
        try:
            link.open()
            log.info("%s: connected%s", self._way.name, ", session kept" if link.resumed else "")
            self._way.worked()
            quiet = 0.0
            while not self._stopping.is_set():
                if link.wait(LOOK_S):
                    raise Refused(link.lost or "the connection to the broker was lost")
                quiet += LOOK_S
                if quiet >= ALIVE_S:
                    self._way.worked()
                    quiet = 0.0
            self._taken.wait(END_S)  # what is stored now can still be acknowledged
        finally:
            link.close()

    def _say(self, error: Exception) -> None:
        host, port = self._table.address
        told = str(error) if isinstance(error, Refused) else f"{host}:{port}: {error}"
        if not self._stopping.is_set():
            log.warning("%s: %s", self._way.name, told)
            self._way.failed(told)

    def _take(self, message: Message) -> None:
        """In the network's thread: the message waits; when too many do, so does the broker."""
        while not self._stopping.is_set():
            try:
                self._came.put(message, timeout=1.0)
                return
            except queue.Full:
                continue

    # storing

    def _keep_storing(self) -> None:
        try:
            while (messages := self._gather()) is not None:
                if messages:
                    self._store(messages)
        except Fenced:
            log.warning("%s: another engine has taken over", self._way.name)
            self._stopping.set()
        except _Ended:
            log.warning("%s: ended before all was stored; it comes again", self._way.name)
        finally:
            self._taken.set()

    def _gather(self) -> list[Message] | None:
        """What waits, oldest first; None: nothing more will come."""
        try:
            found = [self._came.get(timeout=LOOK_S)]
        except queue.Empty:
            return None if self._stopping.is_set() else []
        while len(found) < TOGETHER:
            try:
                found.append(self._came.get_nowait())
            except queue.Empty:
                break
        return found

    def _store(self, messages: Sequence[Message]) -> None:
        """Store what the messages hold and acknowledge them all, those without use included."""
        readings: list[RawReading] = []
        retained = 0
        zone, now, at = self._zone(), self._way.now(), self._way.clock.monotonic()
        for message in messages:
            if message.retained:
                retained += 1
                continue
            arrived = now - max(0, round((at - message.at) * 1_000))
            readings += self._read(message, arrived, zone)
        if retained:
            why = "retained messages tell of the past: they are not taken"
            self._way.refused(f"{retained} messages", why, count=retained)
        if readings:
            self._until_stored(readings)
        for message in messages:
            message.link.acknowledge(message)

    def _zone(self) -> Callable[[str], ZoneInfo]:
        district = self._way.district()
        self._topics.know(words_of(district))
        return lambda station: district.zone_of(district.codes.get(station, station))

    def _read(
        self, message: Message, arrived: int, zone: Callable[[str], ZoneInfo]
    ) -> Sequence[RawReading]:
        topic, payload = message.topic, message.payload
        try:
            if not self._topics.dated(topic):
                arrived = self._stamps.time_of(
                    topic,
                    payload,
                    number=message.number if message.qos else 0,
                    again=message.again,
                    arrived=arrived,
                )
            found = self._topics.read(topic, payload, zone=zone, arrival=arrived)
        except Refused as error:
            self._way.refused(topic, str(error), count=1)
            return ()
        except Exception as error:  # whatever one message does, the next one is read
            log.exception("%s: a message of %s cannot be read", self._way.name, topic[:200])
            self._way.refused(topic, f"{type(error).__name__}: {error}", count=1)
            return ()
        for reason in found.refused:
            self._way.refused(topic, reason, count=1)
        return found.readings

    def _until_stored(self, readings: Sequence[RawReading]) -> None:
        """Hand in until it is committed. Raises _Ended when we are told to stop before."""
        pause = SHORTEST_S
        keep = self._stamps.to_keep()
        while True:
            try:
                self._way.submit(readings, cursor=keep)
                self._stamps.stored()
                return
            except Fenced:
                raise
            except StorageError as error:
                log.warning("%s: not stored, tried again: %s", self._way.name, error)
                self._way.failed(f"not stored: {error}")
            if self._stopping.wait(pause):
                raise _Ended
            pause = min(STORE_AGAIN_S, pause * 2)


class _Ended(Exception):
    """We stop, and what is in hand is not stored."""
