"""What an address of delivery is signed by: HMAC-SHA256 (RFC 2104) over its path, byte for byte, in base64url without padding."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence

from aizen.errors import NotAllowed

# In the place of a signature: the address has none.
UNSIGNED = "_"


def signature(path: str, key: str) -> str:
    """The signature of ``path``, which begins with a slash: all of an address that stands behind the signature, in ASCII."""
    return base64.urlsafe_b64encode(hmac.digest(key.encode(), path.encode("ascii"), "sha256")).rstrip(b"=").decode()


def require_signed(path: str, given: str, keys: Sequence[str]) -> None:
    """``given`` is the signature of ``path`` by one of the keys. Raises NotAllowed (bad_signature).

    How long it takes does not depend on where a wrong one begins to be wrong.
    """
    if not any(hmac.compare_digest(signature(path, key).encode(), given.encode()) for key in keys):
        raise NotAllowed("The signature of this address is wrong.", code="bad_signature")
