"""How long a provider asks us to wait."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST = 24 * 60 * 60.0


def seconds_to_wait(wish: str | None, *, now: datetime | None = None) -> float | None:
    """The wait of a Retry-After value (RFC 9110 §10.2.3: seconds, or an HTTP date), in seconds from 0 to a day; None when unreadable.

    Google's durations (``34s``, ``1.5s``) are read as well.
    """
    if wish is None:
        return None
    try:
        seconds = float(wish.strip().removesuffix("s"))
    except ValueError:
        seconds = _seconds_until(wish, now or datetime.now(UTC))
    return None if math.isnan(seconds) else min(max(seconds, 0.0), _LONGEST)


def _seconds_until(date: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return math.nan
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()
