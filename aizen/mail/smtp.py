"""E-mails by SMTP (RFC 5321), each over a connection of its own: they are few, and a kept one would be gone when the next is due."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from aizen.errors import Final, OutsideFailure, TryAgain
from aizen.mail.letter import Letter, mailbox, message_of

# RFC 3463: what the server says in numbers. Its words may repeat what was sent, an address or worse.
_ENHANCED = re.compile(rb"^(?:[245]\.\d{1,3}\.\d{1,3})\b")
_WORDS: dict[type[smtplib.SMTPException], tuple[str, str]] = {
    smtplib.SMTPAuthenticationError: ("mail_login_refused", "The mail server refuses EMAIL_HOST_USER"),
    smtplib.SMTPSenderRefused: ("mail_sender_refused", "The mail server refuses DEFAULT_FROM_EMAIL"),
}


@dataclass(frozen=True)
class Server:
    """Where letters are handed over. ``seconds`` bounds each wait for the server; the alarm of the job bounds all of them."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    seconds: float
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class SmtpMailer:
    """Hands letters to one SMTP server. Its certificate is verified, against SSL_CERT_FILE where OpenSSL is told so."""

    name = "smtp"

    def __init__(self, server: Server, *, sender: str) -> None:
        self._server = server
        self._sender = sender

    def send(self, letter: Letter) -> None:
        """The server has taken the letter. Raises TryAgain or Final, whose codes begin with ``mail_``."""
        message = message_of(letter, sender=self._sender)
        try:
            with self._connected() as connection:
                connection.send_message(message)
            return
        except (OSError, smtplib.SMTPException) as error:
            failure = _failure_of(error)
        # Outside the block, so that it does not drag the library's error along: that repeats what the server said.
        raise failure

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        connection = self._open()
        try:
            self._prepare(connection)
            yield connection
            # What is wrong with the farewell changes nothing: the letter was taken, and must not be sent again.
            with suppress(OSError, smtplib.SMTPException):
                connection.quit()
        finally:
            connection.close()

    def _open(self) -> smtplib.SMTP:
        server = self._server
        # Named by the sender's domain: this machine's own name is nobody's business, and looking it up may take long.
        name = mailbox(self._sender).domain
        if server.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(server.host, server.port, local_hostname=name, timeout=server.seconds, context=context)
        return smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=server.seconds)

    def _prepare(self, connection: smtplib.SMTP) -> None:
        if self._server.security == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if self._server.user and self._server.password:
            connection.login(self._server.user, self._server.password)


def _failure_of(error: OSError | smtplib.SMTPException) -> OutsideFailure:
    """What went wrong, in our words."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _refusal("mail_address_refused", "The mail server refuses the recipient", *next(iter(error.recipients.values())))
    if isinstance(error, smtplib.SMTPResponseException):
        code, detail = _WORDS.get(type(error), ("mail_refused", "The mail server refuses"))
        return _refusal(code, detail, error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        detail = "The mail server offers no STARTTLS, no way to sign in that we know, or takes no such address (SMTPUTF8)."
        return Final(detail, code="mail_not_supported")
    if isinstance(error, ssl.SSLCertVerificationError):
        return Final(f"The certificate of the mail server is not valid: {error.verify_message}.", code="mail_not_trusted")
    # smtplib has its own error for a connection that it closed, which it did when the time was over.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return TryAgain("The mail server did not answer within EMAIL_SECONDS.", code="mail_timed_out")
    reason = getattr(error, "strerror", None) or type(error).__name__
    return TryAgain(f"The mail server is out of reach: {reason}.", code="mail_unreachable")


def _refusal(code: str, detail: str, status: int, said: bytes | str) -> OutsideFailure:
    found = _ENHANCED.match(said if isinstance(said, bytes) else said.encode())
    numbers = f"{status} {found[0].decode()}" if found else f"{status}"
    # RFC 5321, 4.2.1: 4yz passes, 5yz does not. What is no reply at all has -1.
    if 500 <= status <= 599:
        return Final(f"{detail} ({numbers}).", code=code)
    return TryAgain(f"{detail} for now ({numbers}).", code="mail_busy")
