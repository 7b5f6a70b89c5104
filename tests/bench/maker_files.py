"""Files as loggers and databases write them, made for measuring."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tests.bench.clean_rows import code

START = 1_072_915_200_000  # 2004-01-01T00:00Z: all of it is long past
STEP = 60_000  # ms
_AT_ONCE = 200_000  # rows a piece
_STATIONS = 300  # of the database


class Kind(NamedTuple):
    """One format: its ending, what stands above the rows, how a piece of rows is written."""

    ending: str
    values: int  # a row
    head: str
    rows: Callable[[NDArray[np.int64]], pa.Array]
    encoding: str = "utf-8"
    tail: str = ""
    station: bool = True  # the whole file is one station's


def make(path: Path, name: str, values: int) -> None:
    """A file of so many values, nearly."""
    kind = KINDS[name]
    rows = values // kind.values
    unready = path.with_suffix(".part")
    with unready.open("wb") as out:
        out.write(kind.head.encode(kind.encoding))
        for first in range(0, rows, _AT_ONCE):
            lines = kind.rows(np.arange(first, min(first + _AT_ONCE, rows)))
            out.write("".join(lines.to_pylist()).encode(kind.encoding))
        out.write(kind.tail.encode(kind.encoding))
    unready.replace(path)


def _moments(places: NDArray[np.int64], form: str) -> pa.Array:
    times = pa.array(START + STEP * places, pa.timestamp("ms"))
    whole = pc.cast(times, pa.timestamp("s"))
    return pc.strftime(whole, form)


def _numbers(places: NDArray[np.int64], level: float, decimals: int) -> pa.Array:
    """A wave with a gauge's noise, as text."""
    random = np.random.default_rng(int(places[0]) if places.size else 0)
    wave = level + 0.1 * level * np.sin(places / 2000) + 0.01 * random.standard_normal(places.size)
    return pa.array([f"{value:.{decimals}f}" for value in wave.tolist()])


def _joined(parts: Sequence[pa.Array | str], between: str) -> pa.Array:
    columns = [pa.scalar(part) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*columns, between)


def _toa5(places: NDArray[np.int64]) -> pa.Array:
    time = _joined(['"', _moments(places, "%Y-%m-%d %H:%M:%S"), '"'], "")
    record = pa.array(places.astype(str).tolist())
    levels = [_numbers(places, level, 3) for level in (12.5, 1.2, 18.0)]
    rain = pa.array(["0" if place % 50 else "0.2" for place in places.tolist()])
    return _joined([_joined([time, record, *levels, rain], ","), "\r\n"], "")


def _hobo(places: NDArray[np.int64]) -> pa.Array:
    record = pa.array((places + 1).astype(str).tolist())
    time = _moments(places, "%m/%d/%y %I:%M:%S %p")
    values = [_numbers(places, level, 3) for level in (104.5, 18.0, 0.8)]
    return _joined([_joined([record, time, *values, "", ""], ","), "\n"], "")


def _diver(places: NDArray[np.int64]) -> pa.Array:
    time = _joined([_moments(places, "%Y/%m/%d %H:%M:%S"), ".0"], "")
    values = [_numbers(places, level, 1) for level in (1390.0, 12.3)]
    return _joined([_joined([time, *values], "       "), "\n"], "")


def _sl323(places: NDArray[np.int64]) -> pa.Array:
    stations = pa.array([code(number) for number in range(_STATIONS)])
    station = stations.take(places % _STATIONS)
    time = _moments(places // _STATIONS, "%Y-%m-%d %H:%M:%S")
    values = [_numbers(places, level, 2) for level in (25.3, 120.0)]
    return _joined([_joined([station, time, *values, "", "", "4"], ","), "\n"], "")


def _wide(places: NDArray[np.int64]) -> pa.Array:
    time = _moments(places, "%Y-%m-%d %H:%M:%S")
    values = [_numbers(places, level, 2) for level in (95.2, 60.1, 31.0, 12.0)]
    return _joined([_joined([time, *values], ","), "\n"], "")


_CHANNELS = "".join(
    f"[Channel {number}]\n  Identification          ={name}\n  Range                   ={unit}\n"
    for number, name, unit in ((1, "PRESSURE", "1750.0    cm"), (2, "TEMPERATURE", "100.00    °C"))
)
KINDS = {
    "toa5": Kind(
        ".dat",
        4,
        '"TOA5","61991000","CR1000X","1","CR1000X.Std.05","CPU:a.CR1X","1","One_min"\r\n'
        '"TIMESTAMP","RECORD","BattV_Avg","Level_Avg","WTemp_C_Avg","Rain_mm_Tot"\r\n'
        '"TS","RN","Volts","m","Deg C","mm"\r\n"","","Avg","Avg","Avg","Tot"\r\n',
        _toa5,
    ),
    "hobo": Kind(
        ".csv",
        3,
        '"Plot Title: 61991000"\n"#","Date Time, GMT+08:00","Abs Pres, kPa (LGR S/N: 1)",'
        '"Temp, °C (LGR S/N: 1)","Water Level, meters (LGR S/N: 1)","Stopped (LGR S/N: 1)",'
        '"End Of File (LGR S/N: 1)"\n',
        _hobo,
    ),
    "diver": Kind(
        ".MON",
        2,
        "Data file for DataLogger.\nCREATED BY : SWS Diver-Office 2.0.1.2\n[Logger settings]\n"
        f"  Location                =61991000\n{_CHANNELS}\n[Data]\n0\n",
        _diver,
        "latin-1",
        "END OF DATA FILE OF DATALOGGER FOR WINDOWS\n",
    ),
    "sl323": Kind(".csv", 2, "STCD,TM,Z,Q,XSA,FLWCHRCD,WPTN\n", _sl323, station=False),
    "wide": Kind(".csv", 4, "time,stage(m),tail_stage(m),inflow(m3/s),outflow(m3/s)\n", _wide),
}
