"""What every command shares: --config, --data, --json, and how results are printed."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Call:
    """The shared options of one call."""

    config: Path
    data: Path
    json: bool

    def emit(self, document: Any, text: Callable[[], str] | str) -> None:
        """Print one JSON document, or the text for people."""
        if self.json:
            click.echo(json.dumps(document, ensure_ascii=False, default=str))
        else:
            click.echo(text if isinstance(text, str) else text())


def shared(function: Callable[..., None]) -> Callable[..., None]:
    """Add the shared options to a command and hand them over as its first argument."""

    @click.option(
        "--config",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("config"),
        show_default=True,
        help="Folder of the configuration files.",
    )
    @click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("data"),
        show_default=True,
        help="Folder of the database.",
    )
    @click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
    @wraps(function)
    def command(config: Path, data: Path, as_json: bool, **options: Any) -> None:
        function(Call(config, data, as_json), **options)

    return command
