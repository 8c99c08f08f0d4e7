"""Signed addresses of stored files: ours, expiring, and the same for ten minutes, so that bodies and ETags are stable."""

from __future__ import annotations

import base64
import hmac
import time
from urllib.parse import quote

from aizen.errors import Expired, NotAllowed
from aizen.settings import Settings

WINDOW_SECONDS = 600
AUDIENCES = ("owner", "public")


def expiry(settings: Settings) -> int:
    """When an address that is signed now ends, in Unix seconds: at least ``address_seconds`` away, rounded up to a window."""
    return -(-(int(time.time()) + settings.address_seconds) // WINDOW_SECONDS) * WINDOW_SECONDS


def media_path(key: str, settings: Settings, *, audience: str = "owner") -> str:
    """The path and query at which the stored file opens until ``expiry``."""
    ends = expiry(settings)
    signature = _signature(settings.signing_keys[0], key, ends, audience)
    # None of the three holds a character that an address would have to spell otherwise.
    return f"/media/{quote(key)}?expires={ends}&for={audience}&signature={signature}"


def media_url(key: str, settings: Settings, *, audience: str = "owner") -> str:
    """The same, absolute, from PUBLIC_URL."""
    return settings.base_url + media_path(key, settings, audience=audience)


def verify(key: str, settings: Settings, *, expires: str, audience: str, signature: str) -> int:
    """How many seconds the address still lives. Raises NotAllowed for a signature that is none of ours, Expired for a late one."""
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12) or audience not in AUDIENCES:
        raise NotAllowed("The signature of this address is wrong.", code="bad_signature")
    signed = any(
        hmac.compare_digest(_signature(each, key, int(expires), audience).encode(), signature.encode("utf-8", "replace"))
        for each in settings.signing_keys
    )
    if not signed:
        raise NotAllowed("The signature of this address is wrong.", code="bad_signature")
    left = int(expires) - int(time.time())
    if left <= 0:
        raise Expired("This address has expired. Ask for the image again to get a new one.", code="address_expired")
    return left


def _signature(signing_key: str, key: str, expires: int, audience: str) -> str:
    message = f"media\n{audience}\n{expires}\n{key}".encode()
    return base64.urlsafe_b64encode(hmac.digest(signing_key.encode(), message, "sha256")).rstrip(b"=").decode()
