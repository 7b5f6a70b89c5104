"""Where in a TOML text each table and key stands, so that an error can name its line."""

import re
from contextlib import suppress

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\r\n]*")
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)


def positions(text: str) -> dict[Path, int]:
    """The line (from 1) of every table, key and array element of a text that tomllib accepts.

    A text it does not accept is read as far as it goes.
    """
    scan = _Scan(text)
    with suppress(_End):
        scan.document()
    return scan.found


class _End(Exception):
    """The text ends or cannot be followed any further."""


class _Scan:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}
        self._line, self._counted = 1, 0

    def document(self) -> None:
        base: Path = ()
        while True:
            self.skip(_BLANK)
            if self.at >= len(self.text):
                return
            if self.peek("["):
                base = self.header()
            else:
                self.pair(base)

    def header(self) -> Path:
        many = self.peek("[[")
        line = self.line()
        self.at += 2 if many else 1
        path = self.resolve(self.keys(), many=many)
        self.found[path] = line
        self.at += 2 if many else 1
        return path

    def resolve(self, keys: list[str], *, many: bool) -> Path:
        path: Path = ()
        for place, key in enumerate(keys):
            path = (*path, key)
            if many and place == len(keys) - 1:
                self.counts[path] = self.counts.get(path, -1) + 1
                self.found.setdefault(path, self.line())
            if path in self.counts:
                path = (*path, self.counts[path])
        return path

    def pair(self, base: Path) -> None:
        line = self.line()
        for key in self.keys():
            base = (*base, key)
            self.found.setdefault(base, line)
        self.take("=")
        self.skip(_SPACE)
        self.value(base)

    def keys(self) -> list[str]:
        keys = []
        while True:
            self.skip(_SPACE)
            quoted = self.string()
            if quoted is None:
                match = _BARE.match(self.text, self.at)
                if match is None:
                    raise _End
                self.at = match.end()
                quoted = match.group()
            keys.append(quoted)
            self.skip(_SPACE)
            if not self.peek("."):
                return keys
            self.at += 1

    def value(self, path: Path) -> None:
        if self.peek("["):
            self.array(path)
        elif self.peek("{"):
            self.inline(path)
        elif self.string() is None:
            self.skip(_SCALAR)

    def array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while True:
            self.skip(_BLANK)
            if self.peek("]"):
                self.at += 1
                return
            self.found[(*path, index)] = self.line()
            self.value((*path, index))
            index += 1
            self.skip(_BLANK)
            if self.peek(","):
                self.at += 1
            elif not self.peek("]"):
                raise _End

    def inline(self, path: Path) -> None:
        self.at += 1
        while True:
            self.skip(_BLANK)
            if self.peek("}"):
                self.at += 1
                return
            self.pair(path)
            self.skip(_BLANK)
            if self.peek(","):
                self.at += 1
            elif not self.peek("}"):
                raise _End

    def string(self) -> str | None:
        for pattern in _STRINGS:
            match = pattern.match(self.text, self.at)
            if match is not None:
                self.at = match.end()
                return match.group().strip("\"'")
        return None

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def take(self, mark: str) -> None:
        if not self.peek(mark):
            raise _End
        self.at += len(mark)

    def peek(self, mark: str) -> bool:
        return self.text.startswith(mark, self.at)

    def line(self) -> int:
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line
