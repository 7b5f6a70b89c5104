"""Exports of the WATINA groundwater database: decimal commas in quotes, an offset in every time."""

from dataclasses import replace

from floodwatch.sources.csv.maker_flags import MakerFlags
from floodwatch.sources.dialects.cells import body, delimiter_of, filled, fitted, split
from floodwatch.sources.dialects.layout import SURE, Dialect, Layout, Look, Measured

_TIME = "DRME_OCR_UTC_DTE"
_STATES = MakerFlags(0, bad=frozenset({"DEL", "INV"}))


def recognise(look: Look) -> float:
    """Its column names are like no others."""
    header = look.line(0)
    return SURE if _TIME in header and "DRME_DRU" in header else 0.0


def lay_out(look: Look) -> Layout:
    """A pressure in centimetres of water, and a temperature, of one sampling point a row."""
    delimiter = delimiter_of(look.line(0))
    rows = body(look, 1, delimiter)
    columns = fitted(split(look.line(0), delimiter), len(rows[0]))
    place = {name: i for i, name in enumerate(columns)}
    flags = replace(_STATES, column=place["DRME_DMST_CDE"]) if "DRME_DMST_CDE" in place else None
    values = [Measured(place["DRME_DRU"], "pressure", "cm_H2O", flags=flags)]
    if "DRME_TPU" in place and filled(rows, place["DRME_TPU"]):
        values.append(Measured(place["DRME_TPU"], "water_temperature", "degC"))
    return Layout(
        delimiter=delimiter,
        head=1,
        columns=columns,
        values=tuple(values),
        time=(place[_TIME],),
        names={"station": place["PPNT_CDE"]} if "PPNT_CDE" in place else {},
        decimal="," if any("," in row[values[0].index] for row in rows) else ".",
        serial=rows[0][place["DRSO_SER_NBR"]] if "DRSO_SER_NBR" in place else "",
        notes=("the file states no unit; the database keeps centimetres of water",),
    )


DIALECT = Dialect(
    "watina",
    "WATINA (INBO)",
    "columns DRME_OCR_UTC_DTE and DRME_DRU",
    recognise,
    lay_out,
)
