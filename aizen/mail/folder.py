"""The embedded mailer: letters become files, which no one but the operator reads."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from aizen.errors import TryAgain
from aizen.mail.letter import Letter, message_of


class FolderMailer:
    """Writes each letter as an ``.eml`` file; the newest has the last name."""

    name = "folder"

    def __init__(self, folder: Path, *, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, letter: Letter) -> None:
        """A file of the folder has the letter, whole. Raises TryAgain when the disk does not take it."""
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{uuid.uuid4().hex[:8]}.eml"
        aside = self._folder / f".{name}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Its links open accounts: nobody else on the machine may read them.
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(message_of(letter, sender=self._sender).as_bytes())
            aside.rename(self._folder / name)
        except OSError as error:
            with suppress(OSError):
                aside.unlink()
            raise TryAgain(f"The letter could not be written: {error.strerror}.", code="mail_not_written") from error
