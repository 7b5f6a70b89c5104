"""`run`, `engine`, `web`: the processes of the service."""

import logging
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from floodwatch.bootstrap import Services, follow_folder, open_services, settings
from floodwatch.bootstrap.processes import (
    bind,
    engine_of,
    first_link,
    prepare_demonstration,
    web_server,
)
from floodwatch.cli.context import Call, shared
from floodwatch.config.change import refuse
from floodwatch.loops import path_of, read
from floodwatch.model.clock import SystemClock
from floodwatch.model.errors import ConfigError, Refused, StorageError
from floodwatch.store.place import Place
from floodwatch.supervisor import Supervisor, command, watch_lifeline

LOOK_S = 2.0  # between two looks whether the database is still the same file
ORPHANS_S = 15.0  # how long the processes of a killed `run` may take to end


def _listening(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--host", default="127.0.0.1", show_default=True, help="Address to listen on."
        ),
        click.option("--port", default=8080, show_default=True, help="Port of the pages."),
        click.option("--push-port", default=8081, show_default=True, help="Port for devices."),
        click.option(
            "--demo",
            is_flag=False,
            flag_value="storm",
            default=None,
            type=click.Choice(["storm", "drought"]),
            help="Run the demonstration district.",
        ),
    ):
        function = option(function)
    return function


@click.command("run")
@_listening
@shared
def run(call: Call, **options: Any) -> None:
    """Start everything and keep it running: the everyday command."""
    _log()
    _see_that_free(call, options)
    services = _open(call, options, migrate=True)
    if services.demonstration:
        _prepare(services)
    address = f"http://{options['host']}:{options['port']}"
    link = first_link(services, address)
    services.close()
    data = services.data
    click.echo(f"FloodWatch: {address}   (devices push to port {options['push_port']})")
    if link:
        click.echo(f"Sign in for the first time, within 24 hours: {link}")
    click.echo("Stop with Ctrl-C.")
    arguments = _arguments(call, options)
    children = {name: command(name, *arguments) for name in ("engine", "web")}
    stamps = {name: path_of(data, name) for name in children}
    Supervisor(children, clock=SystemClock(), stamps=stamps).run()


@click.command("engine")
@_listening
@shared
def engine(call: Call, **options: Any) -> None:
    """Take readings in, judge them, send messages. Only one engine works at a time."""
    _log()
    services = _open(call, options, migrate=True)
    work = engine_of(services, host=options["host"], push_port=options["push_port"])
    _until_told(work.stop.set)
    try:
        work.run()
    finally:
        services.close()


@click.command("web")
@_listening
@shared
def web(call: Call, **options: Any) -> None:
    """Serve the pages. Nobody misses an alert while they are away."""
    _log()
    services = _open(call, options, migrate=False)
    host, port = options["host"], options["port"]
    try:
        server = web_server(services, host=host, port=port)
    except OSError as error:
        raise _taken(host, port, error) from error
    stop = threading.Event()
    _until_told(stop.set)
    server.start()
    place = Place(services.database.path)
    while not stop.wait(LOOK_S) and not place.moved:
        pass
    server.stop()
    services.close()
    if not stop.is_set():
        raise StorageError("the database's file is gone, or another one: the pages begin anew")


def _see_that_free(call: Call, options: dict[str, Any]) -> None:
    """Refuse to start where somebody else listens: nobody would ever see our pages.

    Processes of a `run` that was killed need a moment to notice; they are waited for.
    """
    host, port = options["host"], options["port"]
    _, demonstration = settings(call.config)
    folder = call.data / "demo" if demonstration else call.data
    clock = SystemClock()
    patience = clock.monotonic() + ORPHANS_S
    while True:
        try:
            bind(host, port).close()
        except OSError as error:
            ours = read(path_of(folder, "web"), clock)
            if ours is not None and ours.fresh and clock.monotonic() < patience:
                threading.Event().wait(0.2)
                continue
            raise _taken(host, port, error) from error
        return


def _taken(host: str, port: int, error: OSError) -> Refused:
    return Refused(
        f"cannot listen on {host} port {port}: {error.strerror}; is FloodWatch "
        "running already? End it, or choose another --port"
    )


def _prepare(services: Services) -> None:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Preparing the demonstration's year of history", total=None)
        for stored, total in prepare_demonstration(services):
            progress.update(task, completed=stored, total=total)


def _open(call: Call, options: dict[str, Any], *, migrate: bool) -> Services:
    if options["demo"] and migrate:
        _one_show(call, options["demo"])
    services = open_services(call.config, call.data, migrate=migrate)
    services.show = options["demo"] or services.show
    if services.demonstration != bool(options["demo"]):
        services.close()
        if services.demonstration:
            raise Refused(
                f"{call.config} is the demonstration district; start it with --demo, "
                "or make a folder of your own: floodwatch init DIR"
            )
        raise Refused(f"--demo needs a folder with demonstration = true; {call.config} has not")
    if migrate and not services.demonstration:
        _follow(services)
    return services


def _one_show(call: Call, show: str) -> None:
    """The demonstration's data are those of one show: another one begins with an empty folder."""
    _, demonstration = settings(call.config)
    if not demonstration:
        return
    folder = call.data / "demo"
    note = folder / "show"
    before = note.read_text("utf-8").strip() if note.exists() else "storm"
    if before != show and folder.is_dir():
        for path in folder.glob("floodwatch.db*"):
            path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    note.write_text(show, "utf-8")


def _follow(services: Services) -> None:
    """The folder as it is now; if it has errors, the last good version goes on, and says so."""
    if not services.folder.is_dir() and not services.configuration.current().version:
        services.close()
        raise Refused(
            f"there is no folder {services.folder}, and no configuration is in force; "
            f"name it with --config, or write a first one: floodwatch init {services.folder}"
        )
    try:
        follow_folder(services, who="start")
    except ConfigError as error:
        if not services.configuration.current().version:
            services.close()
            raise
        refuse(services.database, error.problems, now=services.now())
        click.echo(
            f"{len(error.problems)} error(s) in {services.folder}; the last good version "
            "stays in force. `floodwatch check` lists them.",
            err=True,
        )


def _arguments(call: Call, options: dict[str, Any]) -> list[str]:
    made = ["--config", str(call.config), "--data", str(call.data)]
    for name in ("host", "port", "push_port"):
        made += [f"--{name.replace('_', '-')}", str(options[name])]
    return [*made, "--demo", options["demo"]] if options["demo"] else made


def _until_told(stop: Callable[[], object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop())
    watch_lifeline(stop)


def _log() -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("waitress").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
