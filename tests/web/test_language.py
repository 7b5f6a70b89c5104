"""Every text of the pages has its English, and the compiled catalogue is the written one."""

from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import floodwatch.web

FOLDER = Path(floodwatch.web.__file__).parent
CATALOGUE = FOLDER / "translations/en/LC_MESSAGES"
KEYWORDS = {"_": None, "_l": None}


def test_every_text_has_its_english() -> None:
    methods = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
    found = extract_from_dir(FOLDER, methods, keywords=KEYWORDS)
    with (CATALOGUE / "messages.po").open("rb") as file:
        known = {message.id for message in read_po(file) if message.string}
    assert {text for _file, _line, text, _comments, _context in found} - known == set()


def test_the_compiled_catalogue_is_the_written_one() -> None:
    with (CATALOGUE / "messages.po").open("rb") as written:
        texts = {m.id: m.string for m in read_po(written) if m.id}
    with (CATALOGUE / "messages.mo").open("rb") as compiled:
        assert {m.id: m.string for m in read_mo(compiled) if m.id} == texts
