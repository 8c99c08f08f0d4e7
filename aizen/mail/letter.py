"""One e-mail to one person, and its form as a message (RFC 5322)."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, make_msgid
from typing import Any

from email_validator import validate_email

# RFC 5322, 2.1.1: no line of a message is longer.
LONGEST_LINE = 998


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
    parts = [*map(_paragraph, paragraphs), *(_button(link) if link else ()), *(_paragraph(each, style=_ASIDE) for each in after)]
    page = _PAGE.format(box=_BOX, title=html.escape(subject), body="\n".join(parts))
    return Letter(to, subject, "\n\n".join(text) + "\n", page)


# Mail programs know little of CSS. What stands in the elements holds everywhere, on white; those that know whether the reader's screen is
# dark know the style sheet too, which has the colours for it. Nothing comes from another host: to open a letter tells nobody.
_PARAGRAPH = "margin:0 0 16px;font-size:16px;line-height:1.5"
_ASIDE = "margin:24px 0 0;font-size:14px;line-height:1.5"
_BOX = "max-width:560px;margin:0 auto;background:#ffffff;color:#1f2328;font-family:-apple-system,'Segoe UI',Roboto,sans-serif"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
@media (prefers-color-scheme: dark) {{
  .page {{ background: #16181d !important; color: #e8eaed !important; }}
  .button {{ background: #8ab4f8 !important; color: #10131a !important; }}
  .address {{ color: #8ab4f8 !important; }}
}}
</style>
</head>
<body class="page" style="margin:0;padding:24px 16px;background:#ffffff;color:#1f2328">
<div class="page" style="{box}">
{body}
</div>
</body>
</html>
"""


def _paragraph(text: str, *, style: str = _PARAGRAPH) -> str:
    return f'<p style="{style}">{html.escape(text)}</p>'


def _button(link: Link) -> tuple[str, str]:
    address = html.escape(link.address)
    look = (
        "display:inline-block;padding:12px 20px;border-radius:6px;background:#1a56db;color:#ffffff;"
        "font-size:16px;font-weight:600;text-decoration:none"
    )
    return (
        f'<p style="margin:24px 0"><a class="button" href="{address}" style="{look}">{html.escape(link.label)}</a></p>',
        f'<p style="{_ASIDE};word-break:break-all"><a class="address" href="{address}" style="color:#1a56db">{address}</a></p>',
    )


def message_of(letter: Letter, *, sender: str) -> EmailMessage:
    """The letter as a message from ``sender``, with both parts, its date and an id of its own.

    Its headers hold one sender and one recipient, whatever stands in the two: ValueError for what is no address, or has a line break.
    """
    origin, recipient = mailbox(sender), deliverable(letter.to)
    message = EmailMessage(policy=SMTP if recipient.addr_spec.isascii() else SMTPUTF8)
    message["From"] = origin
    message["To"] = recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=origin.domain)
    # Nobody's holiday shall answer a machine (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, cte=_encoding(letter.text))
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return message


def _encoding(text: str) -> str:
    # A link stays in one piece for whoever reads the file of a letter, where RFC 5322 lets it.
    is_plain = text.isascii() and all(len(line) <= LONGEST_LINE for line in text.splitlines())
    return "7bit" if is_plain else "quoted-printable"


def deliverable(address: str) -> Address:
    """The address as servers without SMTPUTF8 know it too, where there is such a form: its domain in ASCII (RFC 5891).

    Raises ValueError for what is not exactly one address.
    """
    if "\n" in address or "\r" in address:
        raise ValueError("a line break in an address")
    if address.isascii():
        try:
            return Address(addr_spec=address)
        except (HeaderParseError, IndexError):
            raise ValueError("not an e-mail address") from None
    # EmailNotValidError is a ValueError.
    found = validate_email(address, check_deliverability=False, test_environment=True)
    return Address(username=found.ascii_local_part or found.local_part, domain=found.ascii_domain)


def mailbox(sender: str) -> Address:
    """``Name <address>`` in its parts, the address as ``deliverable`` has it."""
    if "\n" in sender or "\r" in sender:
        raise ValueError("a line break in an address")
    header: Any = HeaderRegistry()("From", sender)
    found: Address = header.addresses[0]
    only = deliverable(found.addr_spec)
    return Address(found.display_name, username=only.username, domain=only.domain)
