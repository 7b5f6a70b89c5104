"""Who wrote a file is told from its first lines, and how sure that is."""

import pytest

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.errors import ImportRefused
from floodwatch.sources.dialects import hobo, rdb, sl323, toa5
from floodwatch.sources.dialects.layout import ENOUGH, Layout, Look
from floodwatch.sources.dialects.quantities import quantities, quantity
from floodwatch.sources.dialects.registry import DIALECTS, NAMES, choose, recognised


def look(*lines: str, name: str = "a.csv") -> Look:
    return Look(name, lines)


GENERIC = (
    look("time,stage", "2024-07-01 08:00:00,1.0"),
    look("station,variable,time,value", "61990001,stage,2024-07-01 08:00:00,1.0"),
    look("日期,水位（米）,雨量(mm)", "2024-07-01,1.0,2.0"),
    look("Date,Time,Level", "01/07/2024,08:00,1.0"),
    look("", "", ""),
    look(),
)


@pytest.mark.parametrize("file", GENERIC)
def test_a_table_of_nobody_in_particular_is_nobodys(file: Look) -> None:
    assert choose(file, "auto") is None


def test_every_confidence_is_between_nothing_and_certainty() -> None:
    files = (*GENERIC, look('"TOA5","a"'), look("Plot Title: x"), look("STCD,TM,DRP"))
    for file in files:
        assert all(0 < found.confidence <= 1 for found in recognised(file))


def test_a_dialect_asked_for_is_taken_however_unlikely() -> None:
    found = choose(GENERIC[0], "hobo")
    assert found is not None
    assert (found.dialect.name, found.confidence) == ("hobo", 0.0)
    assert choose(look('"TOA5","a"'), "wide") is None


def test_a_name_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(ImportRefused, match="auto, long, wide, sl323, toa5"):
        choose(GENERIC[0], "abacus")
    assert set(DIALECTS) < set(NAMES)
    assert all(dialect.title and dialect.known_by for dialect in DIALECTS.values())


def laid_out(dialect: object, *lines: str) -> Layout:
    layout = dialect.DIALECT.lay_out(look(*lines))  # type: ignore[attr-defined]
    assert isinstance(layout, Layout)
    return layout


# -- HOBO ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "row", "found"),
    [
        (
            '"Date Time, GMT-07:00";"Temp, °F";"Coupler Detached";"Host Connected";"End Of File"',
            "07/28/23 11:30:00;64,2;;;",
            [("water_temperature", "degF", "")],
        ),
        (
            "Date Time\tTemp (°C)  #9724974\tCoupler Detached\tCoupler Attached\tEnd Of File",
            "07/28/23 11:30:00\t18.2\tLogged\t\t",
            [("water_temperature", "degC", "")],
        ),
        (
            '"#","Date Time, GMT-05:00","K-Type, °F (LGR S/N: 10679014, SEN S/N: 10679014)"',
            "1,07/28/23 11:30:00 AM,64.2",
            [("water_temperature", "degF", "")],
        ),
        (
            '"#","Date-Time (EST)","Water Pressure , kPa","Water Temperature , °C","Barometric '
            'Pressure , kPa","Water Level , meters"',
            "1,07/28/2023 11:30:00,104.5,18.2,101.3,0.31",
            [
                ("pressure", "kPa", ""),
                ("water_temperature", "degC", ""),
                ("pressure", "kPa", "baro"),
                ("stage", "m", ""),
            ],
        ),
        (
            '"#","Date Time, GMT+08:00","Event, 0.2 mm (LGR S/N: 1)","Temp, °C (LGR S/N: 1)"',
            "1,07/28/23 11:30:00 AM,0.2,25.1",
            [("rainfall_total", "mm", ""), ("water_temperature", "degC", "")],
        ),
    ],
)
def test_hobo_headers_of_several_programs(
    header: str, row: str, found: list[tuple[str, str, str]]
) -> None:
    assert hobo.recognise(look(header, row)) >= ENOUGH
    layout = laid_out(hobo, header, row)
    assert [(m.variable, _unit(m.unit), m.gauge) for m in layout.values] == found


def _unit(word: str) -> str:
    from floodwatch.sources.csv import headers

    return headers.unit_of(word)


@pytest.mark.parametrize(
    ("header", "offset"),
    [
        ("Date Time, GMT-04:00", -4 * HOUR),
        ("Date Time, GMT+05:30", 5 * HOUR + 30 * MINUTE),
        ("Date Time, GMT -03:30", -(3 * HOUR + 30 * MINUTE)),
        ("Date-Time (PDT)", -7 * HOUR),
        ("Date Time", None),
    ],
)
def test_hobo_states_its_offset_in_the_header(header: str, offset: int | None) -> None:
    layout = laid_out(hobo, "Plot Title: x", f'"#","{header}","Temp, °C"', "1,2023-07-28,1.5")
    assert layout.offset == offset


# -- TOA5 ---------------------------------------------------------------------------------------


def toa5_of(name: str, unit: str, kind: str) -> list[tuple[str, str, str]]:
    layout = laid_out(
        toa5,
        '"TOA5","a","CR300","1","CR300","CPU:a.CR300","1","Hourly"',
        f'"TIMESTAMP","RECORD","{name}"',
        f'"TS","RN","{unit}"',
        f'"","","{kind}"',
        '"2024-07-01 00:00:00",1,2.5',
    )
    return [(m.variable, m.unit, m.gauge) for m in layout.values]


@pytest.mark.parametrize(
    ("column", "found"),
    [
        (("Rain_mm_Tot", "mm", "Tot"), [("rainfall", "mm", "")]),
        (("Rain_in_Tot", "inches", "Tot"), [("rainfall", "in", "")]),
        (("Rain_mm", "mm", "Smp"), [("rainfall_total", "mm", "")]),
        (("RainRate_Max", "mm/h", "Max"), []),
        (("BattV_Min", "Volts", "Min"), [("battery", "V", "")]),
        (("Lvl_psi_Avg", "psi", "Avg"), [("pressure", "psi", "")]),
        (("Stage_Avg", "ft", "Avg"), [("stage", "ft", "")]),
        (("Stage_Std", "ft", "Std"), []),
        (("AirTC_Avg", "Deg C", "Avg"), []),
        (("PTemp_C_Avg", "Deg C", "Avg"), []),
        (("WaterTemp_Avg", "Deg C", "Avg"), [("water_temperature", "degC", "")]),
        (("BP_mbar", "mbar", "Smp"), [("pressure", "mbar", "baro")]),
        (("Discharge", "m^3/s", "Smp"), [("flow", "m3/s", "")]),
        (("WS_ms_S_WVT", "meters/second", "WVc"), []),
    ],
)
def test_columns_of_toa5_by_name_unit_and_processing(
    column: tuple[str, str, str], found: list[tuple[str, str, str]]
) -> None:
    assert toa5_of(*column) == found


@pytest.mark.parametrize(
    ("table", "ms"),
    [
        ("Five_mins", 5 * MINUTE),
        ("Hourly", HOUR),
        ("SC_Daily", 24 * HOUR),
        ("Table_15Min", 15 * MINUTE),
        ("OneMin", MINUTE),
        ("Table1", None),
    ],
)
def test_a_table_of_one_row_has_the_step_of_its_name(table: str, ms: int | None) -> None:
    layout = laid_out(
        toa5,
        f'"TOA5","a","CR300","1","CR300","CPU:a.CR300","1","{table}"',
        '"TIMESTAMP","RECORD","Rain_mm_Tot"',
        '"TS","RN","mm"',
        '"","","Tot"',
        '"2024-07-01 00:00:00",1,2.5',
    )
    assert layout.step == ms


def test_a_binary_table_is_refused_with_what_to_do() -> None:
    with pytest.raises(ImportRefused, match="binary table; write it out as TOA5"):
        toa5.lay_out(look('"TOB1","a","CR1000"'))


# -- USGS ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (("40346_00060", "40346_00060_cd"), [("flow", "cfs", 1)]),
        (("02_00065", "02_00065_cd"), [("stage", "ft", 1)]),
        (("X_00010_00000", "X_00010_00000_cd"), [("water_temperature", "degC", 1)]),
        (("GH_Inst", "GH_Inst_cd"), [("stage", "ft", 1)]),
        (("63680_00095", "63680_00095_cd"), []),  # conductance is nothing kept here
        (("1_00060_00001", "1_00060_00001_cd", "1_00060_00003"), [("flow", "cfs", None)]),
    ],
)
def test_parameter_codes_of_the_usgs(
    columns: tuple[str, ...], found: list[tuple[str, str, int | None]]
) -> None:
    values = rdb._values(columns)
    assert [(m.variable, m.unit, m.flags and m.flags.column) for m in values] == found


# -- names of columns -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "unit", "variable", "canonical"),
    [
        ("Füllstand", "m", "stage", "m"),
        ("Durchfluss", "l/s", "flow", "L/s"),
        ("LEVEL", "psi", "pressure", "psi"),
        ("PRESSURE", "cm", "pressure", "cm_H2O"),
        ("Water head", "cm", "stage", "cm"),
        ("Depth To Water", "m", "", ""),
        ("Geschw.", "m/s", "", ""),
        ("Temperatuur intern", "°C", "", ""),
        ("Dissolved Oxygen (%saturation)", "%", "", ""),
        ("pH", "pH", "ph", "pH"),
        ("Level", "furlong", "stage", ""),
    ],
)
def test_what_a_column_measures(name: str, unit: str, variable: str, canonical: str) -> None:
    found = quantity(0, name, unit)
    assert (found.variable, found.unit) == (variable, canonical) if found else not variable


def test_a_second_level_is_a_second_gauge_and_extremes_are_left_out() -> None:
    found = quantities([(1, "Level A", "m"), (2, "Level B", "m"), (3, "Level Max", "m")])
    assert [(m.index, m.gauge) for m in found] == [(1, ""), (2, "2")]


# -- SL 323 -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "kind", "ms"),
    [
        ("0.05", sl323.HHNN, 5 * MINUTE),
        ("1.30", sl323.HHNN, 90 * MINUTE),
        ("24", sl323.HHNN, 24 * HOUR),
        ("0.08", sl323.HOURS, 5 * MINUTE),
        ("0.5", sl323.HOURS, 30 * MINUTE),
        ("1.00", sl323.HOURS, HOUR),
        ("", sl323.HHNN, None),
        ("0", sl323.HHNN, None),
        ("x", sl323.HOURS, None),
    ],
)
def test_how_long_an_interval_is(word: str, kind: str, ms: int | None) -> None:
    assert sl323.length(word, kind) == ms


@pytest.mark.parametrize("header", ["stcd,tm,z", "[STCD]\t[TM]\t[Z]", '"a.STCD";"a.TM";"a.Z"'])
def test_fields_of_sl323_in_small_letters_brackets_and_with_a_table(header: str) -> None:
    row = header.replace("TM", "2024-07-01").replace("tm", "2024-07-01")
    layout = laid_out(sl323, header, row)
    assert [m.variable for m in layout.values] == ["stage"]
