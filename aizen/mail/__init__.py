"""Letters by e-mail: what one is, and how it leaves the house."""

from __future__ import annotations

from typing import Protocol

from aizen.mail.folder import FolderMailer
from aizen.mail.letter import Letter, Link, write
from aizen.mail.smtp import Server, SmtpMailer
from aizen.settings import Settings

__all__ = ["Letter", "Link", "Mailer", "open_mailer", "write"]


class Mailer(Protocol):
    """Somebody who takes letters."""

    @property
    def name(self) -> str:
        """How it is called in logs: ``smtp`` or ``folder``."""

    def send(self, letter: Letter) -> None:
        """The letter has been handed over. Raises TryAgain when a later try may succeed, Final when none will."""


def open_mailer(settings: Settings) -> Mailer:
    """The mailer that ``settings`` ask for: SMTP with EMAIL_HOST, else the folder. Nobody is called yet."""
    if not settings.email_host:
        return FolderMailer(settings.mail_folder, sender=settings.sender)
    server = Server(
        host=settings.email_host,
        port=settings.email_port,
        security=settings.email_security,
        seconds=settings.email_seconds,
        user=settings.email_host_user,
        password=settings.email_host_password,
    )
    return SmtpMailer(server, sender=settings.sender)
