"""Letters over a real SMTP server: what it gets, how the way there is protected, and what becomes of its refusals."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from aizen.errors import Final, OutsideFailure, TryAgain
from aizen.mail import Letter, Link, open_mailer, write
from aizen.settings import Settings
from tests.conftest import SECRET
from tests.services import smtp
from tests.services.smtp import SmtpServer

ADA = "ada@example.org"
Serve = Callable[..., SmtpServer]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return smtp.make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def serve(certificate: Path) -> Iterator[Serve]:
    with ExitStack() as running:
        yield lambda **options: running.enter_context(SmtpServer(certificate=certificate, **options))


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL's own variable, as an operator sets it for a server with a certificate of their own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


def settings_for(port: int, **changes: Any) -> Settings:
    given = {"email_host": "127.0.0.1", "email_port": port, "email_use_tls": False, "email_seconds": 5, **changes}
    return Settings(secret_key=SECRET, default_from_email="Aizen <images@example.org>", **given)


def letter(to: str = ADA) -> Letter:
    return write(to=to, subject="A letter", paragraphs=["Hello."], link=Link("Open", "https://images.example.org/x"))


def send(port: int, *, to: str = ADA, **changes: Any) -> None:
    open_mailer(settings_for(port, **changes)).send(letter(to))


def failure(port: int, **changes: Any) -> OutsideFailure:
    with pytest.raises(OutsideFailure) as caught:
        send(port, **changes)
    return caught.value


# -- what arrives


def test_a_letter_arrives_with_both_parts_and_its_headers(serve: Serve) -> None:
    server = serve()
    send(server.port)
    (message,) = server.letters
    assert server.recipients == [[ADA]]
    assert (message["From"], message["To"], message["Subject"]) == ("Aizen <images@example.org>", ADA, "A letter")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@example.org>")
    plain, html = message.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert "https://images.example.org/x" in plain.get_content()
    assert 'href="https://images.example.org/x"' in html.get_content()


def test_the_server_is_not_told_the_name_of_this_machine(serve: Serve) -> None:
    server = serve()
    send(server.port)
    assert server.said_hello == ["example.org"]


@pytest.mark.parametrize(
    ("to", "arrives_at"),
    [
        ("ada@ex\u00e4mple.org", "ada@xn--exmple-cua.org"),
        ("\u00fcmit@example.org", "\u00fcmit@example.org"),
        ('"a, b"@example.org', '"a, b"@example.org'),
        ("o'neil+tag@example.org", "o'neil+tag@example.org"),
    ],
)
def test_an_address_in_any_script_is_the_one_recipient(serve: Serve, to: str, arrives_at: str) -> None:
    server = serve()
    send(server.port, to=to)
    assert server.recipients == [[arrives_at]]


def test_an_address_that_the_server_cannot_take_is_final(serve: Serve) -> None:
    found = failure(serve(knows_utf8=False).port, to="\u00fcmit@example.org")
    assert (type(found), found.code) == (Final, "mail_not_supported")


# -- the way there


@pytest.mark.parametrize(("security", "changes"), [("starttls", {"email_use_tls": True}), ("tls", {"email_use_ssl": True})])
@pytest.mark.usefixtures("trusted")
def test_tls_and_a_login_are_used_where_they_are_asked_for(serve: Serve, security: str, changes: dict[str, Any]) -> None:
    server = serve(security=security, wants_login=True)
    send(server.port, email_host_user=smtp.USER, email_host_password=smtp.PASSWORD, **changes)
    assert (server.logins, len(server.letters)) == ([True], 1)


@pytest.mark.parametrize(("security", "changes"), [("starttls", {"email_use_tls": True}), ("tls", {"email_use_ssl": True})])
def test_a_certificate_that_no_authority_signed_is_refused_before_the_password_is_told(
    serve: Serve, security: str, changes: dict[str, Any]
) -> None:
    server = serve(security=security, wants_login=True)
    found = failure(server.port, email_host_user=smtp.USER, email_host_password=smtp.PASSWORD, **changes)
    assert (type(found), found.code) == (Final, "mail_not_trusted")
    assert (server.logins, server.letters) == ([], [])


def test_a_certificate_for_another_server_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = smtp.make_certificate(tmp_path, address="127.0.0.2")
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with SmtpServer(security="starttls", certificate=other) as server:
        found = failure(server.port, email_use_tls=True)
        assert (type(found), found.code, server.letters) == (Final, "mail_not_trusted", [])


def test_a_server_without_starttls_gets_neither_the_password_nor_the_letter(serve: Serve) -> None:
    server = serve()
    found = failure(server.port, email_use_tls=True, email_host_user=smtp.USER, email_host_password=smtp.PASSWORD)
    assert (type(found), found.code) == (Final, "mail_not_supported")
    assert (server.logins, server.letters) == ([], [])


# -- what goes wrong


@pytest.mark.parametrize(
    ("what", "answer", "kind", "code"),
    [
        (ADA, "550 5.1.1 <ada@example.org>: no such user", Final, "mail_address_refused"),
        (ADA, "450 4.2.0 Greylisted", TryAgain, "mail_busy"),
        ("MAIL", "553 5.7.1 Not your address", Final, "mail_sender_refused"),
        ("MAIL", "451 4.7.0 Later", TryAgain, "mail_busy"),
        ("DATA", "554 5.7.1 Spam", Final, "mail_refused"),
        ("DATA", "452 4.3.1 Out of storage", TryAgain, "mail_busy"),
        (ADA, "421 4.3.2 Going down", TryAgain, "mail_busy"),
    ],
)
def test_a_refusal_is_final_or_not_as_the_server_says(serve: Serve, what: str, answer: str, kind: type, code: str) -> None:
    server = serve()
    server.will_refuse(what, answer)
    found = failure(server.port)
    assert (type(found), found.code) == (kind, code)
    assert answer[:9] in found.detail
    assert answer[10:] not in found.detail
    assert server.letters == []


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_final_and_told_nowhere(serve: Serve) -> None:
    server = serve(security="starttls", wants_login=True)
    wrong = "not-the-password-of-anybody"
    found = failure(server.port, email_use_tls=True, email_host_user=smtp.USER, email_host_password=wrong)
    assert (type(found), found.code) == (Final, "mail_login_refused")
    chain = [found, found.__cause__, found.__context__]
    assert not any(wrong in f"{each!r} {each}" for each in chain)
    settings = settings_for(server.port, email_host_user=smtp.USER, email_host_password=wrong)
    assert wrong not in f"{settings!r} {open_mailer(settings).__dict__!r}"


@pytest.mark.parametrize("silent", [True, False], ids=["from the first byte", "after the letter"])
def test_a_server_that_hangs_costs_its_time_out(serve: Serve, silent: bool) -> None:
    server = serve()
    server.will_hang()
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        begun = time.monotonic()
        found = failure(deaf.getsockname()[1] if silent else server.port, email_seconds=0.3)
        assert time.monotonic() - begun < 3
    assert (type(found), found.code) == (TryAgain, "mail_timed_out")


def test_a_server_that_does_not_listen_is_asked_again_later() -> None:
    found = failure(1)
    assert (type(found), found.code) == (TryAgain, "mail_unreachable")
    assert "refused" in found.detail


def test_a_host_that_nobody_knows_is_asked_again_later() -> None:
    assert failure(25, email_host="mail.invalid").code == "mail_unreachable"


def test_a_letter_that_was_taken_is_not_sent_again_for_a_bad_farewell(serve: Serve) -> None:
    server = serve()
    server.will_break_off()
    send(server.port)
    assert len(server.letters) == 1
