"""A pass: what a viewer's browser keeps once a share link has been opened for it, so that it is asked and counted no second time.

It is an HMAC over the link, the link's password as it is hashed, and the moment at which the pass ends. It opens nothing but that link,
whose row is asked each time: what is revoked, has expired or lies in the trash is shut, whoever has a pass.
"""

from __future__ import annotations

import base64
import hmac
import time
import uuid
from collections.abc import Iterable

from aizen.settings import Settings

# Nothing of ours is longer; what is, is not looked at.
_LONGEST = 100


def write(link_id: uuid.UUID, password_hash: str | None, *, seconds: int, settings: Settings) -> str:
    """A pass for ``seconds`` from now."""
    ends = int(time.time()) + seconds
    return f"{ends}.{_signature(settings.signing_keys[0], link_id, password_hash, ends)}"


def is_any_good(given: Iterable[str], link_id: uuid.UUID, password_hash: str | None, *, settings: Settings) -> bool:
    """Whether one of these is a pass for that link which has not ended. Another page of the same site may have set cookies of that name."""
    return any(_is_good(each, link_id, password_hash, settings) for each in given)


def _is_good(given: str, link_id: uuid.UUID, password_hash: str | None, settings: Settings) -> bool:
    ends, dot, signature = given.partition(".")
    if not (dot and ends.isascii() and ends.isdigit() and len(given) <= _LONGEST) or int(ends) <= time.time():
        return False
    told = signature.encode("utf-8", "replace")
    return any(hmac.compare_digest(_signature(key, link_id, password_hash, int(ends)).encode(), told) for key in settings.signing_keys)


def _signature(key: str, link_id: uuid.UUID, password_hash: str | None, ends: int) -> str:
    # Its first line is that of no other thing that these keys sign.
    text = f"share link\n{link_id}\n{ends}\n{password_hash or ''}"
    return base64.urlsafe_b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).rstrip(b"=").decode()
