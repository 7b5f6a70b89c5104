"""Whole-folder checks of the outside sources."""

from collections.abc import Iterator

from floodwatch.config.check_mqtt import check_mqtt
from floodwatch.config.check_service import EXTRAS_LOCK
from floodwatch.config.draft import Draft
from floodwatch.model.errors import Problem


def check_sources(draft: Draft) -> Iterator[Problem]:
    """Names that are there twice, and libraries that are not installed."""
    file = draft.service_file
    for kind, value in draft.service.sources:
        names: set[str] = set()
        for index, table in enumerate(value if isinstance(value, list) else ()):
            name = getattr(table, "name", None)
            if name in names:
                what = f"there are two sources {kind} with the name {name!r}"
                remedy = "give each its own: where it goes on is kept by its name"
                yield file.problem(("sources", kind, index, "name"), what, remedy)
            if name is not None:
                names.add(name)
    yield from check_mqtt(draft)
    for index, table in enumerate(draft.service.sources.sql):
        if wanted := table.missing():
            what = "the library that this database needs is not installed"
            extra = wanted.startswith("extra ")
            remedy = f"pip install {wanted.rpartition(' ')[2]}"
            if extra:
                remedy = f"install the {wanted}: pip install --require-hashes -r {EXTRAS_LOCK}"
            yield file.problem(("sources", "sql", index, "url"), what, remedy)
