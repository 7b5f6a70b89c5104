"""The commands. Each is loaded only when it is called, so that `--help` and `ack` start quickly."""

import importlib
import sys

import click

from floodwatch.model.errors import ConfigError, FloodWatchError

# command -> the module below floodwatch.cli that defines it under its own name
COMMANDS = {
    "check": "configuration",
    "init": "configuration",
    "run": "service",
    "engine": "service",
    "web": "service",
    "import": "imports",
    "imports": "imports",
    "undo": "imports",
    "profiles": "profiles",
    "readings": "reading",
    "latest": "reading",
    "stations": "reading",
    "alerts": "alerting",
    "ack": "alerting",
    "answer": "answering",
    "exercise": "answering",
    "shelve": "care",
    "maintenance": "care",
    "assign": "care",
    "comment": "care",
    "response": "care",
    "rehearse": "rehearsal",
    "user": "people",
    "token": "people",
    "bulletin": "reporting",
    "handover": "reporting",
    "channel": "alerting",
    "audit": "watching",
    "buddy": "watching",
    "hazard": "registers",
    "inspection": "registers",
    "forecast": "registers",
    "backup-source": "registers",
    "sl651": "telemetry",
    "sources": "sources",
    "source": "sources",
    "backup": "keeping",
    "backups": "keeping",
    "restore": "keeping",
    "blocks": "blocks",
    "influx": "influx",
}


class Commands(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command's function is named after it; `import` is `import_`."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"floodwatch.cli.{COMMANDS[cmd_name]}")
        name = f"{cmd_name}_" if cmd_name == "import" else cmd_name.replace("-", "_")
        command: click.Command = getattr(module, name)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="floodwatch")
def floodwatch() -> None:
    """Flood and drought defence monitoring: readings in, alerts out, until someone answers."""


def main() -> None:
    """The console script: errors meant for people end with exit code 1 and no traceback."""
    try:
        floodwatch()
    except ConfigError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        click.echo(f"{len(error.problems)} error(s); nothing was changed", err=True)
        sys.exit(1)
    except FloodWatchError as error:
        click.echo(f"floodwatch: {error}", err=True)
        sys.exit(1)
