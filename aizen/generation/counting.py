"""How many images a user may order in a day. The database counts, so that no restart and no second process forgets."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from math import ceil

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.database import changed_rows, db, transaction, upsert, utc_now
from aizen.errors import TooMany
from aizen.generation.models import GenerationCount

# Yesterday's is of no use to anybody; another day is for clocks that differ.
KEPT_DAYS = 2


def take(owner_id: uuid.UUID, adapters: Adapters) -> None:
    """The open transaction counts one more image of the user's today (UTC); of many at once, none passes GENERATIONS_PER_DAY.

    An order counts whatever comes of it, and so does trying a failed one again: the painter may have been paid.
    Raises TooMany (generation_quota_exceeded) until midnight.
    """
    most, now = adapters.settings.generations_per_day, utc_now()
    if not most:
        return
    first = upsert(GenerationCount).values(owner_id=owner_id, day=now.date(), count=1)
    counted = first.on_conflict_do_update(
        index_elements=["owner_id", "day"], set_={"count": GenerationCount.count + 1}, where=GenerationCount.count < most
    )
    if db.session.scalar(counted.returning(GenerationCount.count)) is None:
        detail = f"You may have {most} images generated in a day, and have done so. The next one is possible after midnight, UTC."
        raise TooMany(detail, code="generation_quota_exceeded", retry_after=_until_midnight(now))


def _until_midnight(now: datetime) -> int:
    midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    return max(1, ceil((midnight - now).total_seconds()))


def forget_old(_adapters: Adapters) -> int:
    """How many counts were of days gone by and are forgotten."""
    oldest = utc_now().date() - timedelta(days=KEPT_DAYS)
    with transaction():
        return changed_rows(sa.delete(GenerationCount).where(GenerationCount.day < oldest))
