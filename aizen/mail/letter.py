"""One e-mail to one person, and its form as a message (RFC 5322)."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid


@dataclass(frozen=True)
class Letter:
    """The same said in plain text and in HTML."""

    to: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Link:
    """Where the reader may go: what the button says, and the address, which is written out too."""

    label: str
    address: str


def write(*, to: str, subject: str, paragraphs: Sequence[str], link: Link | None = None, after: Sequence[str] = ()) -> Letter:
    """The letter with these paragraphs of plain text, then the link, then the rest."""
    text = [*paragraphs, *([link.address] if link else []), *after]
    parts = [_paragraph(each) for each in paragraphs]
    if link:
        address = html.escape(link.address)
        parts.append(f'<p><a href="{address}">{html.escape(link.label)}</a></p><p>{address}</p>')
    parts += [_paragraph(each) for each in after]
    return Letter(to, subject, "\n\n".join(text) + "\n", f'<!doctype html><html lang="en"><body>{"".join(parts)}</body></html>')


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


def message_of(letter: Letter, *, sender: str) -> EmailMessage:
    """The letter as a message from ``sender``, with both parts, its date and an id of its own."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">") or None)
    # Nobody's holiday shall answer a machine (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message
