"""Secrets come from the environment or from a file only its owner can read; never from settings."""

import stat
from collections.abc import Mapping
from pathlib import Path

from floodwatch.model.errors import Refused


def secret(environment: Mapping[str, str], name: str) -> str:
    """A secret: the variable NAME itself, or the file that NAME_FILE names.

    Raises Refused when there is none, or when others than its owner and group can read the file.
    """
    if name in environment:
        return environment[name]
    path = environment.get(f"{name}_FILE")
    if not path:
        raise Refused(f"a secret is missing: set {name} or {name}_FILE")
    try:
        if Path(path).stat().st_mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
            raise Refused(f"{name}_FILE: everybody can read {path}; chmod 600 it")
        return Path(path).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{name}_FILE: {path} cannot be read: {error}") from error


def known(environment: Mapping[str, str], name: str) -> bool:
    """Whether it is set at all."""
    return name in environment or bool(environment.get(f"{name}_FILE"))
