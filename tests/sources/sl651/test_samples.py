"""Public frames and frames built from the standard's tables: each decodes to its stated values."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from floodwatch.sources.sl651.decode import decode
from floodwatch.sources.sl651.frame import Fault
from floodwatch.sources.sl651.message import Element
from floodwatch.sources.sl651.packets import Assembly
from floodwatch.sources.sl651.scan import scan
from tests.sources.sl651.reports import ZONE, one, read

FOLDER = Path(__file__).parents[4] / "shared" / "samples" / "sl651"
FILES = ("frames.json", "constructed.json")

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the public frames are not at {FOLDER}"
)


def samples(*, good: bool) -> list[Any]:
    if not FOLDER.is_dir():
        return []
    return [
        pytest.param(sample, id=f"{name}-{number}-{sample['function']}")
        for name in FILES
        for number, sample in enumerate(json.loads((FOLDER / name).read_text()))
        if sample["crc_ok"] is good
    ]


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()) * 1000


@pytest.mark.parametrize("sample", samples(good=True))
def test_the_header_is_as_stated(sample: dict[str, Any]) -> None:
    frame = one(bytes.fromhex(sample["hex"]))
    assert (f"{frame.function:02X}", frame.station, frame.encoding.value) == (
        sample["function"],
        sample["station"],
        sample["encoding"],
    )
    stated = {"direction": frame.direction.value, "centre": f"{frame.centre:02X}"}
    stated |= {"password": frame.password, "end": frame.end.name}
    assert {key: sample.get(key, value) for key, value in stated.items()} == stated


@pytest.mark.parametrize("sample", samples(good=True))
def test_serial_times_and_class_are_as_stated(sample: dict[str, Any]) -> None:
    message = read(bytes.fromhex(sample["hex"]))
    if "serial" in sample:
        assert (message.serial, message.sent) == (sample["serial"], moment(sample["send_time"]))
    assert message.station_class == sample.get("class", message.station_class)
    told = [t for t in sample.get("obs_times", []) if message.elements]
    assert {moment(text) for text in told} >= {
        element.time for element in message.elements if element.step == 0 and told
    }


@pytest.mark.parametrize("sample", samples(good=True))
def test_values_are_as_stated(sample: dict[str, Any]) -> None:
    message = read(bytes.fromhex(sample["hex"]))
    assert message.problems == ()
    if sample.get("values"):
        assert [stated(e) for e in message.elements] == [wanted(v) for v in sample["values"]]


def stated(element: Element) -> tuple[object, ...]:
    value = list(element.value) if isinstance(element.value, tuple) else element.value
    return (element.id, len(element.raw)) if element.id == "F3" else (element.id, value)


def wanted(value: dict[str, Any]) -> tuple[object, ...]:
    if "bytes" in value:
        return value["element"], value["bytes"]
    return value["element"], value["value"]


@pytest.mark.parametrize("sample", samples(good=False))
def test_a_frame_with_a_wrong_check_value_is_refused(sample: dict[str, Any]) -> None:
    found = scan(bytes.fromhex(sample["hex"]), final=True)
    assert found.frames == ()
    assert [damage.fault for damage in found.problems] == [Fault.CRC]


def test_all_frames_in_one_stream_are_found_among_the_bad_ones() -> None:
    every = [s.values[0] for good in (True, False) for s in samples(good=good)]
    found = scan(b"".join(bytes.fromhex(sample["hex"]) for sample in every), final=True)
    assert len(found.frames) == sum(sample["crc_ok"] for sample in every)


def test_the_thirteen_packets_of_a_picture_make_a_jpeg() -> None:
    assembly = Assembly()
    packets = [s.values[0] for s in samples(good=True) if s.values[0].get("m3")]
    added = [assembly.add(one(bytes.fromhex(sample["hex"])), 0) for sample in packets]
    (whole,) = [entry.whole for entry in added if entry.whole]
    (element,) = decode(whole).elements
    assert (element.raw[:3], element.raw[-4:-2]) == (b"\xff\xd8\xff", b"\xff\xd9")
