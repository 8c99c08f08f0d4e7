"""The commands of an operator: ``flask --help`` lists them."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

import click
import structlog
from flask import Flask, current_app
from flask.cli import with_appcontext
from marshmallow import ValidationError

from aizen.admin import first_administrator
from aizen.auth.models import User
from aizen.database import db, is_migrated
from aizen.delivery import addressing
from aizen.delivery.address import FORMATS
from aizen.delivery.addressing import Terms
from aizen.errors import AizenError, NotFound, Unavailable
from aizen.images import indexing, integrity
from aizen.settings import Settings
from aizen.transformations import configuration
from aizen.web import adapters, openapi
from aizen.web.fields import EmailAddress
from aizen.work import clock

log = structlog.get_logger(__name__)

_SWEEPS = "aizen-sweeps"
_LIFE = click.IntRange(addressing.SHORTEST_LIFE, addressing.LONGEST_LIFE)


def register(app: Flask, settings: Settings, *, sweeps: tuple[clock.Sweep, ...]) -> None:
    """``flask`` has Aizen's commands for this application."""
    app.cli.add_command(run_all)
    app.cli.add_command(run_clock)
    app.cli.add_command(create_admin)
    app.cli.add_command(setup_link)
    app.cli.add_command(doctor)
    app.cli.add_command(reindex)
    app.cli.add_command(write_openapi)
    app.cli.add_command(sign)
    app.cli.add_command(LateCommand("smoke", _smoke, says="Prove the instance at BASE_URL from outside."))
    app.cli.add_command(LateCommand("db", partial(_migrations, app, settings), says="Migrate the database."))
    app.extensions[_SWEEPS] = sweeps


class LateCommand(click.Command):
    """A command that is imported when it is called, since every process has the commands, and what these need no other part does."""

    def __init__(self, name: str, find: Callable[[], click.Command], *, says: str) -> None:
        super().__init__(name, help=says)
        self._find = find

    def make_context(self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any) -> click.Context:
        return self._find().make_context(info_name, args, parent, **extra)


def _smoke() -> click.Command:
    from aizen.smoke.command import command

    return command


def _migrations(app: Flask, settings: Settings) -> click.Command:
    from aizen import migrating

    return migrating.command(app, settings)


@click.command("run-all")
@with_appcontext
def run_all() -> None:
    """Run web, workers, clock and the embedded queue until Ctrl-C."""
    # The supervisor needs nothing of the application, which this process has loaded: it makes room.
    os.execv(sys.executable, [sys.executable, "-m", "aizen.supervisor"])  # noqa: S606 - the program is ourselves


@click.command("clock")
@click.option("--once", is_flag=True, help="Do one tick and end.")
@with_appcontext
def run_clock(*, once: bool) -> None:
    """Hint what is due, fail what crashed, remove what belongs to nobody: every CLOCK_SECONDS, until SIGTERM."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    while not stop.is_set():
        clock.tick(adapters(), sweeps=current_app.extensions[_SWEEPS])
        db.session.remove()
        _give_pulse(adapters().settings.pulse_file)
        if once:
            break
        stop.wait(adapters().settings.clock_seconds)


def _give_pulse(file: Path | None) -> None:
    """The health check sees that the clock goes. A file that cannot be written makes it fail, and stops nothing else."""
    if file is None:
        return
    try:
        file.touch(mode=0o600)
    except OSError as error:
        log.warning("the clock could not give its pulse", file=str(file), reason=error.strerror)


@click.command("create-admin")
@click.option("--email", prompt="E-mail address", help="The address of the account.")
@click.option("--username", help="The username of a new account; a random one when left out.")
@click.option("--password-env", metavar="NAME", help="The environment variable with the password of a new account, for scripts.")
@click.option("--existing", is_flag=True, help="Give the role to the account that has the address; it keeps its password.")
@with_appcontext
def create_admin(*, email: str, username: str | None, password_env: str | None, existing: bool) -> None:
    """Make an administrator: a new account, or with --existing the role for one that is there, whose password stays.

    The password is asked for twice, or read from --password-env or the first line of standard input: never from the command line, where
    every user of the machine could read it.
    """
    if existing and (username is not None or password_env is not None):
        raise click.ClickException("An existing account keeps its username and its password: leave --username and --password-env out.")
    try:
        _require_migrated()
        address = EmailAddress().deserialize(email)
        known = first_administrator.known_account(address)
        if known is not None:
            made = _promoted(known, is_meant=existing)
        elif existing:
            raise click.ClickException(f"There is no account with the address {address}.")
        else:
            made = first_administrator.create(address, _password(password_env), username=username)
    except ValidationError as error:
        raise click.ClickException(" ".join(map(str, error.messages))) from error
    except AizenError as error:
        fields = [each.detail for each in getattr(error, "errors", ())]
        raise click.ClickException(" ".join(fields) or error.detail) from error
    click.echo(_told(made))


def _promoted(known: User, *, is_meant: bool) -> first_administrator.Made:
    """Anybody can register an address that is not theirs: who has this one is told before they are given the service."""
    if is_meant or (known.role == "admin" and known.disabled_at is None):
        return first_administrator.promote(known)
    was_confirmed = "was confirmed" if known.email_verified_at else "was never confirmed"
    raise click.ClickException(
        f"There is an account with the address {known.email} already: username {known.username}, made on {known.created_at:%Y-%m-%d};"
        f" its address {was_confirmed}. If you know whose it is, say --existing: it gets the role and keeps its password."
    )


def _password(variable: str | None) -> str:
    if variable is not None:
        if not os.environ.get(variable):
            raise click.ClickException(f"The environment variable {variable} holds no password.")
        return os.environ[variable]
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _told(made: first_administrator.Made) -> str:
    if made.is_new:
        return f"There is a new account: {made.email} is an administrator."
    if made.was_admin and not made.was_disabled:
        return f"{made.email} is an administrator already: nothing has changed."
    what = "is enabled again, and an administrator" if made.was_disabled else "is an administrator now"
    stays = "Its password stays what it was; its sessions have ended and its API keys are revoked."
    return f"The account was there already: {made.email} {what}. {stays}"


@click.command("setup-link")
@with_appcontext
def setup_link() -> None:
    """Print the link that makes the first administrator in a browser, while there is none."""
    try:
        _require_migrated()
        is_wanted = first_administrator.is_wanted()
    except AizenError as error:
        raise click.ClickException(error.detail) from error
    if not is_wanted:
        raise click.ClickException("There is an administrator already: no link makes another one.")
    click.echo(adapters().settings.setup_url)


@click.command("doctor")
@click.option("--checksums", is_flag=True, help="Read every original and compare its SHA-256: slow.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--repair", is_flag=True, help="Make missing and damaged variants, index and counts of storage anew.")
@with_appcontext
def doctor(*, checksums: bool, as_json: bool, repair: bool) -> None:
    """Compare database, storage and work; exit 1 when something is wrong.

    Finds orphan, missing and mismatched objects, stuck work, missing variants and storage that is counted wrong. The tests that kill
    processes and break services ask this same command whether anything was lost.
    """
    try:
        _require_migrated()
        report = integrity.examine(adapters(), checksums=checksums)
    except Unavailable as error:
        raise click.ClickException(error.detail) from error
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else report.as_text())
    if repair:
        count = integrity.repair(report, adapters())
        click.echo(f"The variants of {count} images are made again: ask once more when the work is done.", err=True)
    sys.exit(0 if report.is_clean else 1)


def _require_migrated() -> None:
    if not is_migrated():
        raise click.ClickException("The database is not migrated: run `flask db upgrade`.")


@click.command("reindex")
@with_appcontext
def reindex() -> None:
    """Have every image found by its words: once after an upgrade from a version without search. Aizen may run meanwhile."""
    click.echo(f"{indexing.reindex_all()} images are in the index.")


@click.command("sign")
@click.argument("image_id", type=click.UUID)
@click.argument("recipe")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="The extension; without one the format follows Accept.")
@click.option("--expires-in", "seconds", type=_LIFE, help="Seconds; an address of a public image never ends without it.")
@click.option("--download", is_flag=True, help="Browsers save the picture and do not show it.")
@with_appcontext
def sign(*, image_id: UUID, recipe: str, form: str | None, seconds: int | None, download: bool) -> None:
    """Print an address at which anybody who has it opens the picture that RECIPE makes of an image, whoever's it is.

    RECIPE is in URL spelling, such as w=800,h=600/fx=sepia:80 or t=thumb.
    """
    terms = Terms(form=FORMATS[form] if form else None, seconds=seconds, download=download)
    language: configuration.Language = current_app.extensions[configuration.EXTENSION]
    try:
        _require_migrated()
        owner_id = addressing.owner_of(image_id)
        (made,) = addressing.sign([image_id], [recipe], terms, owner_id=owner_id, language=language, settings=adapters().settings)
    except NotFound:
        raise click.ClickException("There is no such image, or no picture of it yet.") from None
    except AizenError as error:
        fields = [each.detail for each in getattr(error, "errors", ())]
        raise click.ClickException(" ".join(fields) or error.detail) from error
    click.echo(made.url)
    if made.expires is not None:
        click.echo(f"It ends at {datetime.fromtimestamp(made.expires, UTC):%Y-%m-%d %H:%M:%S} UTC.", err=True)


@click.command("write-openapi")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), default=Path("docs/openapi.json"))
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when the file is not what would be written.")
@with_appcontext
def write_openapi(path: Path, *, check: bool) -> None:
    """Write the OpenAPI document to PATH."""
    text = json.dumps(openapi.document(current_app._get_current_object()), indent=2, ensure_ascii=False) + "\n"  # type: ignore[attr-defined]
    if not check:
        path.write_text(text, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        raise click.ClickException(f"{path} is stale: run `flask write-openapi {path}`")
