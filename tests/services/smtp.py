"""A real SMTP server (aiosmtpd) on the loopback interface, with a certificate of its own, told what to refuse in a few verbs.

    server.will_refuse("nobody@example.org", "550 5.1.1 No such user")    server.will_hang()    server.will_break_off()

``server.letters`` are the messages that it took, ``server.recipients`` their recipients, ``server.said_hello`` the names that its
clients gave themselves.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Any, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "postmaster", "letters-in-the-night"


def make_certificate(folder: Path, *, address: str = "127.0.0.1") -> Path:
    """A PEM file with a key and the certificate for that address that it has signed itself: no default authority knows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return path


class SmtpServer:
    """One server on 127.0.0.1, at ``port``. With ``wants_login`` it takes letters from USER with PASSWORD only."""

    def __init__(
        self,
        *,
        security: Literal["none", "starttls", "tls"] = "none",
        certificate: Path | None = None,
        wants_login: bool = False,
        knows_utf8: bool = True,
    ) -> None:
        self.port = 0
        self.certificate = certificate
        self.letters: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.said_hello: list[str] = []
        self.logins: list[bool] = []
        self._refusals: dict[str, str] = {}
        self._hangs = False
        self._breaks_off = False
        self._options: dict[str, Any] = {"hostname": "mail.test", "enable_SMTPUTF8": knows_utf8}
        context = None
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
        self._listens_with = context if security == "tls" else None
        if security == "starttls":
            self._options |= {"tls_context": context, "require_starttls": True}
        if wants_login:
            self._options |= {"auth_required": True, "authenticator": self._authenticate}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp server")

    def will_refuse(self, what: str, answer: str) -> None:
        """A recipient, or the step ``MAIL`` or ``DATA``, is answered so from now on."""
        self._refusals[what] = answer

    def will_hang(self) -> None:
        """The next letters are never answered."""
        self._hangs = True

    def will_break_off(self) -> None:
        """The connection of the next letter is closed in place of an answer to QUIT."""
        self._breaks_off = True

    def forget(self) -> None:
        """The letters so far are forgotten, and what was told is not told any more."""
        for each in (self.letters, self.recipients, self.said_hello, self.logins, self._refusals):
            each.clear()
        self._hangs = self._breaks_off = False

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(self._listen())
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *exception: object) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> Any:
        def protocol() -> SMTP:
            made = SMTP(self, loop=self._loop, **self._options)
            # aiosmtpd knows of no TLS but STARTTLS, and warns where it is told to ask for a login without it.
            made._auth_require_tls = self._listens_with is None
            return made

        return await self._loop.create_server(protocol, "127.0.0.1", 0, ssl=self._listens_with)

    async def _end(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        self.logins.append(is_right)
        # As some servers do, this one repeats what it was sent.
        said = None if is_right else f"535 5.7.8 {getattr(data, 'password', b'').decode()} is not the password of {USER}"
        return AuthResult(success=is_right, handled=said is None, message=said)

    # -- what aiosmtpd calls

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> list[str]:  # noqa: N802
        self.said_hello.append(hostname)
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if "MAIL" in self._refusals:
            return self._refusals["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if address in self._refusals:
            return self._refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self._hangs:
            await asyncio.sleep(60)
        if "DATA" in self._refusals:
            return self._refusals["DATA"]
        self.letters.append(message_from_bytes(envelope.content, policy=SMTPUTF8))
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self._breaks_off:
            server.transport.abort()
        return "221 Bye"
