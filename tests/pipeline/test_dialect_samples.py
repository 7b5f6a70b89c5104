"""Loggers' own files, with the facts counted apart from this program (README beside each)."""

from pathlib import Path
from typing import NamedTuple

import pytest

from floodwatch.model.reading import Outcome
from floodwatch.store.database import Database
from tests.pipeline.importing import adds_up
from tests.pipeline.test_dialects import FILES, series_of, taken
from tests.pipeline.test_imports_samples import SAMPLES

BELGIAN = "logger_be_dov_diver_keller_solinst"
GERMAN = "logger_de_kwb_various"
HOBO = "logger_us_hobo_contdataqc"
RAIN = "logger_za_saeon_toa5_rain"
USGS = "us_usgs_iv_tsv"
CM, PSI, FT = 0.0980665, 6.894757293168, 0.3048


class Fact(NamedTuple):
    """One series of a file, its values as the file has them times `scale`."""

    variable: str
    gauge: str
    values: int
    first: str
    last: str
    minimum: float
    maximum: float
    scale: float = 1.0


class Sample(NamedTuple):
    path: str
    dialect: str
    tz: str
    rows: int
    facts: tuple[Fact, ...]
    other: int = 0
    blank: int = 0


SAMPLE_FILES = (
    Sample(f"{BELGIAN}/ff_b29d_091125120713_C4080.MON", "diver", "Etc/GMT-1", 4019, (
        Fact("pressure", "1", 4019, "2009-10-14T15:00:00Z", "2009-11-25T11:30:00Z", 1009.6,
             1525.7, CM),
        Fact("water_temperature", "1", 4019, "2009-10-14T15:00:00Z", "2009-11-25T11:30:00Z",
             12.31, 12.77),
    ), other=1),
    Sample(f"{BELGIAN}/3-0057_ROLLEGEM_18022009_114500_00.txt", "keller", "Europe/Brussels", 1826, (
        Fact("pressure", "1", 1826, "2009-02-18T10:45:00Z", "2009-03-09T11:00:00Z", 0.992, 3.158,
             100),
    ), blank=1),
    Sample(f"{BELGIAN}/22006280_2_0105_F2_2013_06_06.csv", "solinst", "Europe/Brussels", 30_212, (
        Fact("stage", "1", 30_212, "2013-06-06T10:57:35Z", "2013-06-06T12:00:31.375Z", 10.3347,
             14.7597),
        Fact("water_temperature", "1", 30_212, "2013-06-06T10:57:35Z",
             "2013-06-06T12:00:31.375Z", 10.593, 27.051),
    )),
    Sample(f"{BELGIAN}/BAOL006X_555569.csv", "watina", "Europe/Brussels", 421, (
        Fact("pressure", "1", 421, "2019-02-28T11:00:00Z", "2019-09-26T11:00:00Z", 1003.488809,
             1050.677468, CM),
        Fact("water_temperature", "1", 421, "2019-02-28T11:00:00Z", "2019-09-26T11:00:00Z",
             -0.376, 37.495),
    )),
    # The log notes before the data have times as well: 124 records, as the file itself says.
    Sample(f"{GERMAN}/InSituInc/example_InSituInc_Aquatroll_600.csv", "in_situ", "Europe/Berlin",
           124, (
        Fact("water_temperature", "1", 124, "2016-05-23T13:31:50Z", "2016-05-24T10:05:12Z",
             20.044, 22.323),
        Fact("dissolved_oxygen", "1", 124, "2016-05-23T13:31:50Z", "2016-05-24T10:05:12Z", 5.128,
             8.248),
        Fact("turbidity", "1", 124, "2016-05-23T13:31:50Z", "2016-05-24T10:05:12Z", 2.052, 41.811),
    ), blank=1),
    Sample(f"{GERMAN}/NIVUS/example_NIVUS_PCM4_NEU.TXT", "nivus", "Europe/Berlin", 1057, (
        Fact("stage", "1", 1057, "2014-04-17T09:45:00Z", "2014-04-18T21:58:00Z", 0.055, 0.225),
        Fact("flow", "1", 1057 - 239, "2014-04-17T10:00:00Z", "2014-04-18T21:58:00Z", 0.0, 20.079,
             0.001),
        Fact("water_temperature", "1", 1052, "2014-04-17T10:00:00Z", "2014-04-18T21:58:00Z", 8.6,
             9.9),
    ), blank=1),
    Sample(f"{GERMAN}/Ori/example_Ori_MLog_2.csv", "ori", "Europe/Berlin", 2010, (
        Fact("stage", "1", 2010, "2014-01-09T13:30:19Z", "2014-01-10T22:59:00Z", 0.0013, 0.0487),
        Fact("battery", "1", 2010, "2014-01-09T13:30:19Z", "2014-01-10T22:59:00Z", 2.55, 2.74),
    )),
    Sample(f"{GERMAN}/STS/example_STS_DLN70_H.txt", "sts", "Europe/Berlin", 1868, (
        Fact("pressure", "1", 1868, "2013-09-09T08:05:06Z", "2013-09-09T08:36:13Z", 10.185, 10.191,
             9.80665),
    )),
    Sample("logger_eu_gensor_diver_csv/PB02A_plain.csv", "diver", "Etc/GMT-2", 14_003, (
        Fact("pressure", "1", 14_003, "2020-07-04T04:00:00Z", "2022-02-07T14:00:00Z", 1019.208,
             1422.233, CM),
        Fact("water_temperature", "1", 14_003, "2020-07-04T04:00:00Z", "2022-02-07T14:00:00Z",
             6.443, 22.613),
    ), other=1),
    Sample(f"{HOBO}/Charlies_AW_20170726_20170926.csv", "hobo", "America/New_York", 2976, (
        Fact("pressure", "1", 2976, "2017-07-26T21:00:00Z", "2017-09-26T20:30:00Z", 13.6340,
             14.0424, PSI),
        Fact("pressure", "baro", 2976, "2017-07-26T21:00:00Z", "2017-09-26T20:30:00Z", 13.2714,
             13.5768, PSI),
        Fact("water_temperature", "1", 2976, "2017-07-26T21:00:00Z", "2017-09-26T20:30:00Z",
             11.916, 19.282),
        Fact("stage", "1", 2976, "2017-07-26T21:00:00Z", "2017-09-26T20:30:00Z", 0.703, 1.306, FT),
    )),
    Sample(f"{HOBO}/test2_AW_20130426_20130725.csv", "contdata", "Etc/GMT+4", 4320, (
        Fact("water_temperature", "1", 4320, "2013-04-26T14:30:00Z", "2013-07-25T14:00:00Z", 9.965,
             23.388),
        Fact("stage", "1", 4320, "2013-04-26T14:30:00Z", "2013-07-25T14:00:00Z", 0.45, 3.909, FT),
    )),
    Sample(f"{RAIN}/CR1000_Vasi Science Centre AWS_Five_mins08.11.18.dat", "toa5",
           "Africa/Johannesburg", 236, (
        Fact("rainfall", "1", 236, "2018-11-07T12:40:00Z", "2018-11-08T08:15:00Z", 0.0, 0.762),
    )),
    Sample(f"{RAIN}/Science Center AWS_Five_mins-06.12.18.dat", "toa5", "Africa/Johannesburg",
           8309, (
        Fact("rainfall", "1", 8309, "2018-11-07T12:40:00Z", "2018-12-06T09:00:00Z", 0.0, 1.524),
    )),
    Sample(f"{USGS}/01509520_00065_iv.tsv", "rdb", "America/New_York", 11_550, (
        Fact("stage", "1", 11_550, "2017-05-31T05:00:00Z", "2017-09-28T14:30:00Z", 0.52, 8.54, FT),
    )),
    Sample(f"{USGS}/01509000_00060_dv.tsv", "rdb", "UTC", 29_084, (
        Fact("flow", "1", 29_075, "1938-05-20T00:00:00Z", "2017-12-25T00:00:00Z", 17.0, 12_600.0,
             0.028316846592),
    )),
)  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLE_FILES, ids=lambda sample: Path(sample.path).name)
def test_a_loggers_file_has_the_rows_and_the_values_that_were_counted(
    sqlite_database: Database, sample: Sample
) -> None:
    path = SAMPLES / sample.path
    if not path.exists():
        pytest.skip(f"the sample {path.name} is not here")
    account = taken(sqlite_database, str(path), tz=sample.tz)
    assert adds_up(account)
    assert (account.detected["dialect"], account.lines) == (sample.dialect, sample.rows)
    assert (account.other_lines, account.blank_lines) == (sample.other, sample.blank)
    assert account.counts[Outcome.REJECTED] == 0
    found = {(entry[0], entry[1]): entry[3:] for entry in series_of(account)}
    for fact in sample.facts:
        count, first, last, low, high = found[fact.variable, fact.gauge]
        assert (count, first, last) == (fact.values, fact.first, fact.last)
        assert low == pytest.approx(fact.minimum * fact.scale, abs=2e-7)
        assert high == pytest.approx(fact.maximum * fact.scale, abs=2e-7)


def test_the_made_files_and_the_samples_cover_the_same_dialects() -> None:
    from tests.pipeline.test_dialects import MADE

    assert {sample.dialect for sample in SAMPLE_FILES} <= {made.dialect for made in MADE.values()}
    assert all((FILES / name).is_file() for name in MADE)
