"""Signed addresses of stored files: ours, expiring, and the same for ten minutes, so that bodies and ETags are stable."""

from __future__ import annotations

import base64
import hmac
import time
from urllib.parse import quote

from aizen.errors import Expired, NotAllowed
from aizen.settings import Settings

WINDOW_SECONDS = 600
# Owners open what lies in their trash by addresses of its own: those that were given out before open it no more.
AUDIENCES = ("owner", "trash", "public")


def audience_of(*, is_trashed: bool) -> str:
    """For whom an owner's own addresses of an image are signed."""
    return "trash" if is_trashed else "owner"


class Signed:
    """Addresses that are signed at one moment and open until ``expiry``: those of an answer, which may be hundreds."""

    def __init__(self, settings: Settings, *, audience: str = "owner") -> None:
        ends = expiry(settings)
        # What they have in common is hashed once.
        self._begun = _begun(settings.signing_keys[0], ends, audience)
        self._terms = f"?expires={ends}&for={audience}&signature="
        self._base_url = settings.base_url

    def path(self, key: str) -> str:
        """The path and query at which the stored file opens."""
        # None of the three holds a character that an address would have to spell otherwise.
        return f"/media/{quote(key)}{self._terms}{_signature(self._begun, key)}"

    def url(self, key: str) -> str:
        """The same, absolute, from PUBLIC_URL."""
        return self._base_url + self.path(key)

    def both(self, key: str) -> tuple[str, str]:
        """``path`` and ``url``."""
        path = self.path(key)
        return path, self._base_url + path


def of_owner(settings: Settings, *, is_trashed: bool) -> Signed:
    """Addresses that open an owner's own images as long as these stay in the trash, or out of it."""
    return Signed(settings, audience=audience_of(is_trashed=is_trashed))


def expiry(settings: Settings) -> int:
    """When an address that is signed now ends, in Unix seconds: at least ``address_seconds`` away, rounded up to a window."""
    return -(-(int(time.time()) + settings.address_seconds) // WINDOW_SECONDS) * WINDOW_SECONDS


def verify(key: str, settings: Settings, *, expires: str, audience: str, signature: str) -> int:
    """How many seconds the address still lives. Raises NotAllowed for a signature that is none of ours, Expired for a late one."""
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12) or audience not in AUDIENCES:
        raise NotAllowed("The signature of this address is wrong.", code="bad_signature")
    signed = any(
        hmac.compare_digest(_signature(_begun(each, int(expires), audience), key).encode(), signature.encode("utf-8", "replace"))
        for each in settings.signing_keys
    )
    if not signed:
        raise NotAllowed("The signature of this address is wrong.", code="bad_signature")
    left = int(expires) - int(time.time())
    if left <= 0:
        raise Expired("This address has expired. Ask for the image again to get a new one.", code="address_expired")
    return left


def _begun(signing_key: str, expires: int, audience: str) -> hmac.HMAC:
    return hmac.new(signing_key.encode(), f"media\n{audience}\n{expires}\n".encode(), "sha256")


def _signature(begun: hmac.HMAC, key: str) -> str:
    code = begun.copy()
    code.update(key.encode())
    return base64.urlsafe_b64encode(code.digest()).rstrip(b"=").decode()
