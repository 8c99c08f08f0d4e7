"""Letters by e-mail: what one is, and how it leaves the house."""

from __future__ import annotations

from typing import Protocol

from aizen.mail.folder import FolderMailer
from aizen.mail.letter import Letter, Link, write
from aizen.settings import Settings

__all__ = ["Letter", "Link", "Mailer", "open_mailer", "write"]


class Mailer(Protocol):
    """Somebody who takes letters."""

    @property
    def name(self) -> str:
        """How it is called in logs and in the start message: ``smtp`` or ``folder``."""

    def send(self, letter: Letter) -> None:
        """The letter has been handed over. Raises TryAgain when a later try may succeed, Final when none will."""


def open_mailer(settings: Settings) -> Mailer:
    """The mailer that ``settings`` ask for. Nobody is called yet."""
    return FolderMailer(settings.mail_folder, sender=settings.sender)
