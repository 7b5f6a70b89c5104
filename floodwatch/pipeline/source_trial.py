"""A source tried out: what its readings would become, without storing or judging any."""

from dataclasses import dataclass, field

from floodwatch.model.batch import Batch, Receipt, Rejection
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.reading import Outcome, RawReading, Reading
from floodwatch.pipeline.intake import EARLIEST, LATEST, resolve
from floodwatch.quality.sentinels import is_sentinel


@dataclass
class Trial:
    """Stands where the way in stands; `readings` are those that would be stored."""

    district: District
    readings: list[Reading] = field(default_factory=list)

    def submit(self, batch: Batch) -> Receipt:
        """The receipt as it would be, but for duplicates: what is stored already is not known."""
        outcomes, rejected = [], []
        for index, raw in enumerate(batch.readings):
            try:
                outcomes.append(self._outcome(raw))
            except Refused as error:
                outcomes.append(Outcome.REJECTED)
                rejected.append(Rejection(index, str(error)))
        return Receipt(tuple(outcomes), tuple(rejected))

    def _outcome(self, raw: RawReading) -> Outcome:
        found = resolve(raw, self.district)
        assert found.key is not None  # noqa: S101 - else it would have raised
        if raw.value is None or is_sentinel(found.key.variable, raw.value):
            return Outcome.MISSING
        if not EARLIEST <= raw.time < LATEST:
            raise Refused("time outside 1900 to 2100")
        self.readings.append(Reading(found.key, raw.time, found.convert(raw.value)))
        return Outcome.STORED
