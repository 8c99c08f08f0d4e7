"""The command, for ``flask`` and for ``python -m aizen.smoke``."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

import click

from aizen.smoke.instance import Failure, Instance
from aizen.smoke.journey import API, Credentials, Journey, Report


def _is_plain() -> bool:
    """Whether standard output cannot show the marks."""
    try:
        "✓✗".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def _credentials(email: str | None, password_env: str | None) -> Credentials:
    if email is None:
        if password_env is not None:
            raise click.UsageError("--password-env goes with --email.")
        return Credentials.made()
    if password_env is None:
        return Credentials(email, click.prompt(f"Password of {email}", hide_input=True, err=True), is_new=False)
    # No setting of an installation: the caller names the variable.
    password = os.environ.get(password_env)
    if not password:
        raise click.UsageError(f"The variable {password_env} that --password-env names is not set.")
    return Credentials(email, password, is_new=False)


def _base_url(given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.UsageError(f"BASE_URL must read like http://localhost:8000, not {given}")
    return given.rstrip("/").removesuffix(API)


@click.command("smoke")
@click.argument("base_url")
@click.option("--seconds", type=click.FloatRange(min=1), default=120, show_default=True, help="How long all of it may take.")
@click.option("--email", help="Sign in as this user instead of making a throw-away account.")
@click.option("--password-env", metavar="VARIABLE", help="The variable that holds that user's password; asked for when left out.")
def command(base_url: str, seconds: float, email: str | None, password_env: str | None) -> None:
    """Prove the instance at BASE_URL from outside; exit 1 when something is wrong.

    Registers, uploads a picture, waits until it is ready and described, opens every variant, deletes it and sees that it is gone.
    Then it closes the account that it made; one that was given it only leaves.
    """
    credentials = _credentials(email, password_env)
    report = Report(click.echo, is_plain=_is_plain())
    journey = Journey(Instance(_base_url(base_url), seconds=seconds), credentials, report)
    try:
        journey.run()
    except Failure:
        sys.exit(1)
    except (KeyError, TypeError, AttributeError) as error:
        report.say(f"What answers at {base_url} does not answer as Aizen does ({type(error).__name__}: {error}).")
        sys.exit(1)
    finally:
        journey.clean()
