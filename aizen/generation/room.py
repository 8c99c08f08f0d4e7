"""Whether there is room for a picture that is not there yet: whoever may not keep it shall not have it painted."""

from __future__ import annotations

import uuid

from aizen.auth import quotas
from aizen.errors import QuotaExceeded
from aizen.settings import Settings

# A picture rarely takes less in any format. How much it really takes is known, and decides, when it is there.
PIXELS_A_BYTE = 8


def require(owner_id: uuid.UUID, width: int, height: int, settings: Settings) -> None:
    """Nothing, where the owner may still keep the least that such a picture takes.

    Raises QuotaExceeded, and Unauthenticated (session_ended) for an account that is disabled or gone.
    """
    least, storage = max(1, width * height // PIXELS_A_BYTE), quotas.find(owner_id, settings)
    if not storage.has_room(least):
        quota = storage.quota or 0
        detail = (
            f"A picture of {width} × {height} pixels takes some {least} bytes at least, which is more than you may still keep:"
            f" {storage.used} of {quota} bytes are used."
        )
        raise QuotaExceeded(detail, limit=quota, used=storage.used)
