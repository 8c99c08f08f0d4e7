"""Object removals: no object is ever orphaned, and the bucket is never listed to find out.

A key is reserved before its object is written, kept by the transaction that makes the object belong, and removed by the clock otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from aizen.adapters import Adapters
from aizen.database import changed_rows, clock_ms, db, reading, transaction
from aizen.errors import AizenError, Unavailable
from aizen.settings import Settings
from aizen.work.models import ObjectRemoval

log = structlog.get_logger(__name__)

# After so many in a row the storage itself is at fault, and each further try would only wait for its time-out.
MOST_REFUSALS = 3


def reserve(keys: Iterable[str], settings: Settings) -> None:
    """Objects may now be written under these keys; after ``removal_grace_seconds`` they go, unless ``keep`` came first."""
    due = clock_ms() + int(settings.removal_grace_seconds * 1000)
    with transaction():
        db.session.execute(sa.insert(ObjectRemoval).values([{"key": key, "not_before": due} for key in keys]))


def keep(keys: Sequence[str]) -> None:
    """The open transaction makes these objects belong. Raises Unavailable when the clock may already have taken one."""
    if changed_rows(sa.delete(ObjectRemoval).where(ObjectRemoval.key.in_(keys), ObjectRemoval.not_before > clock_ms())) != len(keys):
        raise _took_too_long()


# -- one attempt at a time for a key that many would write under


@dataclass(frozen=True)
class Claim:
    """The right to write the object of a key. ``due`` is what tells this reservation from one that came after it."""

    key: str
    due: int


def claim(key: str, settings: Settings, *, busy_seconds: float) -> Claim | None:
    """The open transaction has reserved the key, or somebody else had: None while an attempt younger than ``busy_seconds`` is under way.

    An older one has been given up by whoever began it. A reservation that is due belongs to the clock.
    """
    now, grace = clock_ms(), int(settings.removal_grace_seconds * 1000)
    build: Any = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    statement = build(ObjectRemoval).values(key=key, not_before=now + grace)
    begun = ObjectRemoval.not_before - grace
    is_left = sa.and_(begun <= now - int(busy_seconds * 1000), ObjectRemoval.not_before > now)
    ours = statement.on_conflict_do_update(index_elements=["key"], set_={"not_before": statement.excluded.not_before}, where=is_left)
    due = db.session.scalar(ours.returning(ObjectRemoval.not_before))
    return None if due is None else Claim(key, int(due))


def prolong(claim: Claim, settings: Settings) -> Claim:
    """The claim begins anew: nobody else takes it for one that was given up. Raises Unavailable where somebody has."""
    due = clock_ms() + int(settings.removal_grace_seconds * 1000)
    with transaction():
        prolonged = db.session.scalar(
            sa.update(ObjectRemoval).where(_of(claim)).values(not_before=due).returning(ObjectRemoval.not_before),
            execution_options={"synchronize_session": False},
        )
    if prolonged is None:
        raise _took_too_long()
    return Claim(claim.key, int(prolonged))


def keep_claimed(claim: Claim) -> None:
    """The open transaction makes the claimed object belong. Raises Unavailable when the claim has passed to somebody else, or the clock."""
    if changed_rows(sa.delete(ObjectRemoval).where(_of(claim), ObjectRemoval.not_before > clock_ms())) != 1:
        raise _took_too_long()


def drop_claim(claim: Claim) -> None:
    """The open transaction lets go of a key under which nothing was written: the next attempt may begin at once."""
    changed_rows(sa.delete(ObjectRemoval).where(_of(claim)))


def give_up_claim(claim: Claim, settings: Settings, *, settled: bool) -> None:
    """As ``give_up``, for what was written under a claim; one that has passed to somebody else is theirs."""
    _give_up(_of(claim), [claim.key], settings, settled=settled)


def _of(claim: Claim) -> sa.ColumnElement[bool]:
    return sa.and_(ObjectRemoval.key == claim.key, ObjectRemoval.not_before == claim.due)


def _took_too_long() -> Unavailable:
    return Unavailable("This took too long and was undone. Try again.", code="took_too_long", retry_after=1)


# -- objects that go


def remove(keys: Sequence[str], settings: Settings) -> None:
    """The open transaction gives these objects up: the clock's next tick removes them."""
    if not keys:
        return
    # The margin is there for writers that come late; what belonged to a row has none.
    due = clock_ms() - int(settings.removal_margin_seconds * 1000)
    build: Any = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    statement = build(ObjectRemoval).values([{"key": key, "not_before": due} for key in keys])
    db.session.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"not_before": statement.excluded.not_before}))


def give_up(keys: Sequence[str], settings: Settings, *, settled: bool) -> None:
    """Reserved keys that will not be kept are due now instead of after the grace; a lost database leaves them to the grace.

    ``settled`` says that no write to them can be under way any more: then they go with the next tick. A PUT that timed out may still land,
    so the margin is waited for. A key that was kept stays kept: whoever lost the connection while a transaction was committed does not
    know which it was.
    """
    _give_up(ObjectRemoval.key.in_(keys), keys, settings, settled=settled)


def _give_up(which: sa.ColumnElement[bool], keys: Sequence[str], settings: Settings, *, settled: bool) -> None:
    due = clock_ms() - (int(settings.removal_margin_seconds * 1000) if settled else 0)
    try:
        with transaction():
            db.session.execute(sa.update(ObjectRemoval).where(which).values(not_before=due))
    except AizenError:
        log.warning("objects left to the grace period", keys=list(keys))


def drain(adapters: Adapters, *, limit: int = 1000) -> int:
    """How many objects have been removed. One that the storage would not remove waits behind the others for a later tick."""
    due = clock_ms() - int(adapters.settings.removal_margin_seconds * 1000)
    with reading():
        keys = list(
            db.session.scalars(
                sa.select(ObjectRemoval.key).where(ObjectRemoval.not_before <= due).order_by(ObjectRemoval.not_before).limit(limit)
            )
        )
    removed, kept = _delete(keys, adapters)
    if removed or kept:
        with transaction():
            db.session.execute(sa.delete(ObjectRemoval).where(ObjectRemoval.key.in_(removed), ObjectRemoval.not_before <= due))
            # Behind the others: some that are refused for good must not be the first of every tick.
            db.session.execute(sa.update(ObjectRemoval).where(ObjectRemoval.key.in_(kept)).values(not_before=due))
    return len(removed)


def _delete(keys: Sequence[str], adapters: Adapters) -> tuple[list[str], list[str]]:
    """Which objects are gone, and which the storage refused to remove. A storage that is out of reach is not asked for all of them."""
    removed: list[str] = []
    kept: list[str] = []
    refusals = 0
    for key in keys:
        try:
            adapters.storage.delete(key)
        except (AizenError, ValueError) as error:
            log.warning("object not removed", key=key, reason=getattr(error, "code", "not_a_key"))
            kept.append(key)
            refusals += 1
            if refusals == MOST_REFUSALS:
                break
        else:
            removed.append(key)
            refusals = 0
    return removed, kept


def sweep_half_written(adapters: Adapters) -> int:
    """How many files have gone that killed processes left half-written; a live one of that age could not be kept any more."""
    settings = adapters.settings
    return adapters.storage.sweep_incoming(older_than_seconds=settings.removal_grace_seconds + settings.removal_margin_seconds)
