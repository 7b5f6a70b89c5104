"""Stage-storage curves: stage to storage, storage to stage, water surface; table or power law."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from floodwatch.model.errors import FloodWatchError

Floats = NDArray[np.float64]


class CurveError(FloodWatchError):
    """A storage curve that cannot be one; the text says which row is wrong."""


@dataclass(frozen=True)
class StorageCurve:
    """A surveyed curve: rising stages (m above datum) with rising storage (m³).

    Between two rows storage is linear in stage. Outside the rows nothing is guessed: every
    function answers NaN there, for one number as for arrays, so that a wild reading yields "not
    known" and never a storage. `within` tells the two apart.
    """

    stages_m: Floats
    storages_m3: Floats

    @classmethod
    def from_table(cls, rows: Iterable[tuple[float, float]], *, name: str = "curve") -> Self:
        """From (stage m, storage m³) rows in rising order, as they stand in a curve file.

        Raises CurveError for fewer than two rows, or for a row that does not rise in stage or
        falls in storage.
        """
        table = np.array(list(rows), dtype=np.float64).reshape(-1, 2)
        if len(table) < 2:
            raise CurveError(f"{name}: a storage curve needs at least two rows -> add rows")
        if not np.isfinite(table).all():
            raise CurveError(f"{name}: a row holds something that is not a number -> correct it")
        steps = np.diff(table, axis=0)
        wrong = np.flatnonzero((steps[:, 0] <= 0) | (steps[:, 1] < 0))
        if wrong.size:
            stage, storage = table[wrong[0] + 1]
            raise CurveError(
                f"{name}: row {wrong[0] + 2} ({stage:g} m, {storage:g} m³) does not rise above "
                "the row before it -> sort the rows by stage and check the storage"
            )
        return cls(table[:, 0], table[:, 1])

    def within(self, stage_m: ArrayLike) -> NDArray[np.bool_]:
        """Whether each stage lies on the table, ends included."""
        stage = np.asarray(stage_m, dtype=np.float64)
        return np.asarray((stage >= self.stages_m[0]) & (stage <= self.stages_m[-1]))

    def storage(self, stage_m: ArrayLike) -> Floats:
        """Storage in m³ at each stage; NaN outside the table."""
        return _between(stage_m, self.stages_m, self.storages_m3)

    def stage(self, storage_m3: ArrayLike) -> Floats:
        """Stage in m at each storage; NaN outside the table. The lowest stage where it is flat."""
        first = np.concatenate([[True], np.diff(self.storages_m3) > 0])
        return _between(storage_m3, self.storages_m3[first], self.stages_m[first])

    def area(self, stage_m: ArrayLike) -> Floats:
        """Water surface dV/dZ in m² at each stage, by the row below it; NaN outside the table."""
        stage = np.asarray(stage_m, dtype=np.float64)
        slopes = np.diff(self.storages_m3) / np.diff(self.stages_m)
        row = np.searchsorted(self.stages_m, stage, side="right") - 1
        return np.where(self.within(stage), slopes[np.clip(row, 0, len(slopes) - 1)], np.nan)


def _between(at: ArrayLike, from_: Floats, to: Floats) -> Floats:
    """Linear interpolation, NaN outside."""
    return np.asarray(
        np.interp(np.asarray(at, dtype=np.float64), from_, to, left=np.nan, right=np.nan)
    )


@dataclass(frozen=True, slots=True)
class PowerCurve:
    """V(Z) = Vn · ((Z − Zbed)/(Zn − Zbed))^n: a basin by formula, inverted exactly.

    `bed_m` is where storage is nil, `normal_m` where it is `normal_m3`. Below the bed storage is 0
    and the stage of nothing is the bed; there is no upper end.
    """

    bed_m: float
    normal_m: float
    normal_m3: float
    exponent: float

    def storage_m3(self, stage_m: float) -> float:
        """Storage in m³ at `stage_m`."""
        share = (stage_m - self.bed_m) / (self.normal_m - self.bed_m)
        storage: float = self.normal_m3 * max(share, 0.0) ** self.exponent
        return storage

    def stage_m(self, storage_m3: float) -> float:
        """Stage in m at `storage_m3`."""
        share: float = (max(storage_m3, 0.0) / self.normal_m3) ** (1 / self.exponent)
        return self.bed_m + share * (self.normal_m - self.bed_m)

    def area_m2(self, stage_m: float) -> float:
        """Water surface dV/dZ in m² at `stage_m`."""
        span = self.normal_m - self.bed_m
        share = max((stage_m - self.bed_m) / span, 0.0)
        area: float = self.exponent * self.normal_m3 / span * share ** (self.exponent - 1)
        return area

    def table(self, *, top_m: float, step_m: float = 0.25) -> tuple[tuple[float, float], ...]:
        """Rows (stage m, storage m³) from the bed up to `top_m`, as a curve file has them."""
        count = round((top_m - self.bed_m) / step_m)
        stages = (round(self.bed_m + k * step_m, 4) for k in range(count + 1))
        return tuple((stage, self.storage_m3(stage)) for stage in stages)
