"""How much each user keeps, and how much they may: the bytes of their originals, counted in the transactions that add and remove them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, NoReturn

import sqlalchemy as sa

from aizen.auth import sessions
from aizen.auth.models import User
from aizen.database import changed_rows, db, reading
from aizen.errors import QuotaExceeded
from aizen.settings import Settings


@dataclass(frozen=True)
class Storage:
    """What a user keeps, and may keep, in bytes; ``quota`` is None where there is no bound, and 0 for who may keep nothing."""

    used: int
    quota: int | None

    def has_room(self, size: int) -> bool:
        return self.quota is None or self.used + size <= self.quota


def storage_of(user: User | sa.Row[Any], settings: Settings) -> Storage:
    """What the user of that row keeps and may keep."""
    return _storage(user.storage_used, user.storage_quota, settings)


def _storage(used: int, own_quota: int | None, settings: Settings) -> Storage:
    return Storage(used, _setting(settings) if own_quota is None else own_quota)


def _setting(settings: Settings) -> int | None:
    """What holds for whoever has no quota of their own. There 0 is no bound; of a user's own it is what it says."""
    return settings.storage_quota or None


def find(user_id: uuid.UUID, settings: Settings) -> Storage:
    """What the user keeps and may keep at this moment. Raises Unauthenticated (session_ended) for an account that is disabled or gone."""
    select = sa.select(User.storage_used, User.storage_quota).where(User.id == user_id, User.disabled_at.is_(None))
    with reading():
        row = db.session.execute(select).first()
    if row is None:
        raise sessions.ended()
    return _storage(row.storage_used, row.storage_quota, settings)


def take(user_id: uuid.UUID, size: int, settings: Settings) -> None:
    """The open transaction has the user keep ``size`` bytes more. Of many at once, none passes the quota.

    The user's row stays locked until the transaction ends, so images that it needs are to be locked before.
    Raises QuotaExceeded, and Unauthenticated (session_ended) for an account that has been disabled or closed meanwhile.
    """
    quota = sa.func.coalesce(User.storage_quota, sa.literal(_setting(settings), sa.BigInteger))
    has_room = sa.or_(quota.is_(None), User.storage_used + size <= quota)
    statement = sa.update(User).where(User.id == user_id, User.disabled_at.is_(None), has_room)
    if not changed_rows(statement.values(storage_used=User.storage_used + size)):
        refuse(find(user_id, settings), size=size)


def give_back(user_id: uuid.UUID, size: int) -> None:
    """The open transaction, which removes originals of so many bytes, has the user keep so much less."""
    # A count that a former version has left too low is mended by `flask doctor --repair`, and never below nothing.
    less = sa.case((User.storage_used > size, User.storage_used - size), else_=0)
    changed_rows(sa.update(User).where(User.id == user_id).values(storage_used=less))


def hold(user_id: uuid.UUID) -> None:
    """Until the open transaction ends, nobody else changes what the user keeps."""
    db.session.execute(sa.select(User.id).where(User.id == user_id).with_for_update(key_share=True))


def note(user_id: uuid.UUID, used: sa.ScalarSelect[int]) -> None:
    """The open transaction, which holds the user, notes so many bytes as what they keep."""
    changed_rows(sa.update(User).where(User.id == user_id).values(storage_used=used))


def refuse(storage: Storage, *, size: int | None = None) -> NoReturn:
    """Raises QuotaExceeded for a file of so many bytes, or of a size that is not known."""
    used, quota = storage.used, storage.quota or 0
    raise QuotaExceeded(
        f"This file{'' if size is None else f' of {_readable(size)}'} is more than you may still keep:"
        f" {_readable(used)} ({used} bytes) are used of {_readable(quota)} ({quota} bytes).",
        limit=quota,
        used=used,
    )


def _readable(size: int) -> str:
    amount, unit = float(size), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
