"""A letter as a message, and as a file of the embedded mailer."""

from __future__ import annotations

import os
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from aizen.errors import TryAgain
from aizen.mail import Letter, Link, open_mailer, write
from aizen.mail.letter import message_of
from aizen.settings import Settings
from tests.conftest import SECRET

SENDER = "Aizen <images@example.org>"
ADDRESS = f"https://images.example.org/api/v1/auth/verify-email/{'t' * 43}"


def letter(**changes: Any) -> Letter:
    given: dict[str, Any] = {"to": "ada@example.org", "subject": "A letter", "paragraphs": ["Hello."], "link": Link("Open", ADDRESS)}
    return write(**given | changes)


def received(sent: Letter, *, sender: str = SENDER) -> tuple[EmailMessage, str, str]:
    """The message as a mail program reads it, with its text and its HTML."""
    message = message_from_bytes(message_of(sent, sender=sender).as_bytes(), policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    plain, html = (part for part in message.iter_parts() if isinstance(part, EmailMessage))
    return message, plain.get_content(), html.get_content()


def test_a_mail_program_reads_what_was_written() -> None:
    message, text, html = received(letter(subject="Gr\u00fc\u00dfe " + "x" * 200, paragraphs=["F\u00fcr Zo\u00eb \u2603 " + "y" * 2000]))
    assert message["Subject"] == "Gr\u00fc\u00dfe " + "x" * 200
    for part in (text, html):
        assert "F\u00fcr Zo\u00eb \u2603 " + "y" * 2000 in part
        assert ADDRESS in part


def test_no_line_is_longer_than_smtp_takes() -> None:
    for paragraph in ("y" * 5000, "\u00fc" * 5000, "word " * 2000):
        message = message_of(letter(subject="s" * 3000, paragraphs=[paragraph]), sender=SENDER).as_bytes(policy=SMTP)
        assert max(map(len, message.split(b"\r\n"))) <= 998


def test_a_name_of_the_sender_in_any_script_is_read_as_it_was_set() -> None:
    message, _, _ = received(letter(), sender="\u56fe\u50cf B\u00fccher <images@b\u00fccher.example>")
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("\u56fe\u50cf B\u00fccher", "images@xn--bcher-kva.example")


@pytest.mark.parametrize(
    "to",
    [
        "ada@example.org\nBcc: eve@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org\r",
        "ada@example.org, eve@example.org",
        "ada@example.org <eve@example.org>",
        "ada@example.org\u2028Bcc: eve@example.org",
        "ada",
        "",
    ],
)
def test_what_is_not_one_address_is_never_written_to(to: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever of them
        message_of(letter(to=to), sender=SENDER)


@pytest.mark.parametrize("name", ["subject", "sender"])
def test_a_line_break_begins_no_other_header(name: str) -> None:
    evil = "Aizen\r\nBcc: <eve@example.org>"
    with pytest.raises(ValueError):  # noqa: PT011 - whichever of them
        message_of(letter(subject=evil if name == "subject" else "s"), sender=evil if name == "sender" else SENDER)


class Reader(HTMLParser):
    """What a page would load, and what it does."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses |= {str(value) for name, value in attributes if name in ("href", "src", "background", "action")}


def test_the_html_asks_no_other_host_and_runs_nothing() -> None:
    _, _, page = received(letter(paragraphs=["<script>alert(1)</script>", '"><img src=https://evil.example/x>']))
    read = Reader(page)
    assert read.addresses == {ADDRESS}
    assert not {"script", "img", "link", "iframe", "form"} & set(read.tags)
    assert set(re.findall(r"https?://[\w.]+", page)) == {"https://images.example.org", "https://evil.example"}
    assert "url(" not in page
    assert len(page) < 4000


def test_the_html_has_colours_for_dark_screens_and_a_language() -> None:
    _, _, page = received(letter())
    assert '<meta name="color-scheme" content="light dark">' in page
    assert "@media (prefers-color-scheme: dark)" in page
    assert '<html lang="en">' in page
    for name in ("page", "button", "address"):
        assert f'class="{name}"' in page
        assert f".{name} {{ " in page


# -- the embedded mailer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(secret_key=SECRET, data_dir=tmp_path / "data")


def test_without_a_server_letters_become_files_that_only_the_operator_reads(settings: Settings) -> None:
    mailer = open_mailer(settings)
    former = os.umask(0)
    try:
        mailer.send(letter(subject="First"))
        mailer.send(letter(subject="Second", to="\u00fcmit@example.org"))
    finally:
        os.umask(former)
    files = sorted(settings.mail_folder.iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    assert settings.mail_folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    messages = [message_from_bytes(file.read_bytes(), policy=SMTPUTF8) for file in files]
    assert [(message["Subject"], message["To"]) for message in messages] == [
        ("First", "ada@example.org"),
        ("Second", "\u00fcmit@example.org"),
    ]


def test_a_link_can_be_copied_out_of_such_a_file(settings: Settings) -> None:
    open_mailer(settings).send(letter())
    (file,) = settings.mail_folder.iterdir()
    assert ADDRESS in file.read_text(encoding="utf-8").splitlines()


def test_a_folder_that_cannot_be_written_is_tried_again_and_leaves_no_half_a_letter(settings: Settings) -> None:
    settings.data_dir.mkdir()
    settings.mail_folder.write_text("in the way", encoding="utf-8")
    with pytest.raises(TryAgain) as caught:
        open_mailer(settings).send(letter())
    assert caught.value.code == "mail_not_written"
    assert settings.mail_folder.read_text(encoding="utf-8") == "in the way"
