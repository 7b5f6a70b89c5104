"""The errors FloodWatch raises: each message says what is wrong, where, and what to do."""


class FloodWatchError(Exception):
    """Root of all of them; its text is meant for a person."""


class ConfigError(FloodWatchError):
    """The configuration has errors; `problems` lists every one of them."""

    def __init__(self, problems: "list[Problem]") -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Problem:
    """One error in a configuration file: file, line, field, what is wrong and the remedy."""

    __slots__ = ("field", "file", "line", "remedy", "what")

    def __init__(
        self, file: str, line: int | None, field: str, what: str, remedy: str = ""
    ) -> None:
        self.file, self.line, self.field, self.what, self.remedy = file, line, field, what, remedy

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        tail = f" -> {self.remedy}" if self.remedy else ""
        return f"{where}: {self.field}: {self.what}{tail}"

    def as_dict(self) -> dict[str, object]:
        """The problem as JSON-able fields."""
        return {name: getattr(self, name) for name in ("file", "line", "field", "what", "remedy")}


class StorageError(FloodWatchError):
    """The database cannot take or give what was asked."""


class Fenced(StorageError):
    """Another engine has taken the lease: this one must stop writing at once."""


class ImportRefused(FloodWatchError):
    """A file cannot be imported as asked; the text says which choice is missing or wrong."""


class Refused(FloodWatchError):
    """A request by a person or device that is not allowed or makes no sense here."""
