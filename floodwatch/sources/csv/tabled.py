"""Files that are no text but hold a table: written out as one, beside everything else temporary."""

import os
from pathlib import Path
from tempfile import mkstemp

from floodwatch.sources.csv import levelogger, workbook


def as_text(path: Path, sheet: str, *, name: str) -> Path | None:
    """A text table in a temporary file that is the caller's to remove; None for text files.

    Raises ImportRefused for what cannot be opened.
    """
    try:
        kind = workbook if workbook.is_workbook(path) else None
        if kind is None and not levelogger.is_levelogger(path):
            return None
    except OSError:
        return None  # whoever reads it says why it cannot be read
    handle, name_of_it = mkstemp(prefix="floodwatch-", suffix=".csv")
    made = Path(name_of_it)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            if kind is not None:
                workbook.write(path, sheet, file, name=name)
            else:
                levelogger.write(path, file, name=name)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
    return made
