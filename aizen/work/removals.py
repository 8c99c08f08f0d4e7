"""Object removals: no object is ever orphaned, and the bucket is never listed to find out.

A key is reserved before its object is written, kept by the transaction that makes the object belong, and removed by the clock otherwise.
Keys may come again: so a clock takes a key for itself before it deletes the object, and until it has let go nobody writes under that key.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
import structlog

from aizen.adapters import Adapters
from aizen.database import changed_rows, clock_ms, db, transaction, upsert
from aizen.errors import AizenError, Unavailable
from aizen.settings import Settings
from aizen.work.models import ObjectRemoval

log = structlog.get_logger(__name__)

# After so many in a row the storage itself is at fault, and each further try would only wait for its time-out.
MOST_REFUSALS = 3
TAKEN_AT_A_TIME = 100
# How long a clock begins deletions of what it has taken at once; the last of them then has the rest of its lease.
ASKING_SECONDS = 20.0


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


# Written once, as the statement of ``claim``.
_KEEPING = sa.delete(ObjectRemoval).where(
    ObjectRemoval.key == sa.bindparam("claimed"), ObjectRemoval.not_before == sa.bindparam("due"), ObjectRemoval.not_before > clock_ms()
)


@dataclass(frozen=True)
class Claim:
    """The right to write the object of a key. ``due`` is what tells this reservation from one that came after it."""

    key: str
    due: int


def claim(key: str, settings: Settings, *, busy_seconds: float) -> Claim | None:
    """The open transaction has reserved the key, or somebody else had: None while an attempt younger than ``busy_seconds`` is under way.

    An older one has been given up by whoever began it. A reservation that is due belongs to the clock: once that has removed it, which is
    soon, the key may be claimed.
    """
    values = {"key": key, "grace": int(settings.removal_grace_seconds * 1000), "busy": int(busy_seconds * 1000)}
    due = db.session.scalar(_claiming(db.engine.dialect.name), values)
    return None if due is None else Claim(key, int(due))


@cache
def _claiming(_dialect: str) -> Any:
    """The statement of ``claim``, written once for each database: building it takes longer than sending it."""
    now, grace, busy = clock_ms(), sa.bindparam("grace", type_=sa.BigInteger), sa.bindparam("busy", type_=sa.BigInteger)
    statement = upsert(ObjectRemoval).values(key=sa.bindparam("key"), not_before=now + grace)
    is_left = sa.and_(ObjectRemoval.not_before - grace <= now - busy, ObjectRemoval.not_before > now)
    ours = statement.on_conflict_do_update(index_elements=["key"], set_={"not_before": statement.excluded.not_before}, where=is_left)
    return ours.returning(ObjectRemoval.not_before)


def prolong(claim: Claim, settings: Settings) -> Claim:
    """The claim begins anew: nobody else takes it for one that was given up. Raises Unavailable where somebody has, or the clock."""
    due = clock_ms() + int(settings.removal_grace_seconds * 1000)
    with transaction():
        prolonged = db.session.scalar(
            sa.update(ObjectRemoval).where(_of(claim), _untaken()).values(not_before=due).returning(ObjectRemoval.not_before),
            execution_options={"synchronize_session": False},
        )
    if prolonged is None:
        raise _took_too_long()
    return Claim(claim.key, int(prolonged))


def keep_claimed(claim: Claim) -> None:
    """The open transaction makes the claimed object belong. Raises Unavailable when the claim has passed to somebody else, or the clock."""
    if changed_rows(_KEEPING, {"claimed": claim.key, "due": claim.due}) != 1:
        raise _took_too_long()


def drop_claim(claim: Claim) -> None:
    """The open transaction lets go of a key under which nothing was written: the next attempt may begin at once.

    Unless the clock has taken it meanwhile, whose deletion would hit what the next attempt writes.
    """
    changed_rows(sa.delete(ObjectRemoval).where(_of(claim), _untaken()))


def give_up_claim(claim: Claim, settings: Settings, *, settled: bool) -> None:
    """As ``give_up``, for what was written under a claim; one that has passed to somebody else is theirs."""
    _give_up(_of(claim), [claim.key], settings, settled=settled)


def _of(claim: Claim) -> sa.ColumnElement[bool]:
    return sa.and_(ObjectRemoval.key == claim.key, ObjectRemoval.not_before == claim.due)


def _untaken() -> sa.ColumnElement[bool]:
    return ObjectRemoval.lease_until.is_(None)


def _took_too_long() -> Unavailable:
    return Unavailable("This took too long and was undone. Try again.", code="took_too_long", retry_after=1)


# -- objects that go


def remove(keys: Sequence[str], settings: Settings) -> None:
    """The open transaction gives these objects up: the clock's next tick removes them."""
    if not keys:
        return
    # The margin is there for writers that come late; what belonged to a row has none.
    due = clock_ms() - int(settings.removal_margin_seconds * 1000)
    statement = upsert(ObjectRemoval).values([{"key": key, "not_before": due} for key in keys])
    db.session.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"not_before": statement.excluded.not_before}))


def remove_found(keys: sa.Select[Any], settings: Settings) -> None:
    """As ``remove``, for all keys that the statement finds: there may be more of them than one would carry to and fro."""
    due = clock_ms() - int(settings.removal_margin_seconds * 1000)
    statement = upsert(ObjectRemoval).from_select(["key", "not_before"], keys.add_columns(due))
    db.session.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"not_before": statement.excluded.not_before}))


def settle(folder: str) -> None:
    """The open transaction takes what lay in the folder, which is gone already, off the clock's hands; what it has taken it keeps.

    What has been reserved anew meanwhile is not due, and stays.
    """
    lay_there = ObjectRemoval.key.startswith(f"{folder}/", autoescape=True)
    changed_rows(sa.delete(ObjectRemoval).where(lay_there, ObjectRemoval.not_before <= clock_ms(), _untaken()))


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


# -- the clock's part


@dataclass(frozen=True)
class _Taken:
    """Keys that were due at ``due`` and are one clock's until ``lease_until``, which no other clock's lease on them has in common."""

    keys: Sequence[str]
    due: int
    lease_until: int


def drain(adapters: Adapters, *, limit: int = 1000) -> int:
    """How many objects have been removed. One that the storage would not remove waits behind the others for a later tick.

    Of several clocks each removes what it has taken. What one of them has taken when it is killed is another's once its lease is over.
    """
    count = 0
    for start in range(0, limit, TAKEN_AT_A_TIME):
        wanted = min(TAKEN_AT_A_TIME, limit - start)
        ends = time.monotonic() + ASKING_SECONDS
        taken = _take(wanted, adapters.settings)
        if not taken.keys:
            break
        removed, refused = _delete(taken.keys, adapters, ends=ends)
        _settle(taken, removed, refused)
        count += len(removed)
        if len(taken.keys) < wanted or len(removed) + len(refused) < len(taken.keys):
            break
    return count


def _take(count: int, settings: Settings) -> _Taken:
    """At most ``count`` keys that are due, the oldest first. For as long as the lease lasts nobody else deletes, claims or drops them."""
    with transaction():
        now = db.session.scalar(sa.select(clock_ms())) or 0
        due, lease_until = now - int(settings.removal_margin_seconds * 1000), now + _lease_ms(settings)
        is_free = sa.or_(_untaken(), ObjectRemoval.lease_until < now)
        # Two clocks pass each other's rows by, and none waits; SQLite has one writer at a time anyway.
        found = sa.select(ObjectRemoval.key).where(ObjectRemoval.not_before <= due, is_free).order_by(ObjectRemoval.not_before).limit(count)
        keys = list(db.session.scalars(found.with_for_update(skip_locked=True)))
        if keys:
            changed_rows(sa.update(ObjectRemoval).where(ObjectRemoval.key.in_(keys)).values(lease_until=lease_until))
    return _Taken(keys, due, lease_until)


def _lease_ms(settings: Settings) -> int:
    """Longer than the last deletion that is begun can take: two attempts, with a pause between them."""
    return int((ASKING_SECONDS + 3 * (settings.network_connect_seconds + settings.network_read_seconds)) * 1000)


def _settle(taken: _Taken, removed: Sequence[str], refused: Sequence[str]) -> None:
    """The clock has let go of what it had taken, as far as that is its own still; only what is removed for certain is no longer due."""
    ours = sa.and_(ObjectRemoval.key.in_(taken.keys), ObjectRemoval.lease_until == taken.lease_until)
    # A key that was given up meanwhile may be written to after our deletion: it is due again.
    is_over = sa.and_(ObjectRemoval.key.in_(removed), ObjectRemoval.not_before <= taken.due)
    with transaction():
        if changed_rows(sa.delete(ObjectRemoval).where(ours, is_over)) == len(taken.keys):
            return
        # Behind the others: some that are refused for good must not be the first of every tick. And a deletion that timed out may be
        # carried out after all, so the margin is waited for.
        changed_rows(sa.update(ObjectRemoval).where(ours, ObjectRemoval.key.in_(refused)).values(not_before=clock_ms()))
        changed_rows(sa.update(ObjectRemoval).where(ours).values(lease_until=None))


def _delete(keys: Sequence[str], adapters: Adapters, *, ends: float) -> tuple[list[str], list[str]]:
    """Which objects are gone, and which the storage refused to remove; no deletion has begun after ``ends``.

    A storage that is out of reach is not asked for all of them.
    """
    removed: list[str] = []
    refused: list[str] = []
    in_a_row = 0
    for key in keys:
        if in_a_row == MOST_REFUSALS or time.monotonic() >= ends:
            break
        try:
            adapters.storage.delete(key)
        except (AizenError, ValueError) as error:
            log.warning("object not removed", key=key, reason=getattr(error, "code", "not_a_key"))
            refused.append(key)
            in_a_row += 1
        else:
            removed.append(key)
            in_a_row = 0
    return removed, refused


def sweep_half_written(adapters: Adapters) -> int:
    """How many files have gone that killed processes left half-written; a live one of that age could not be kept any more."""
    settings = adapters.settings
    return adapters.storage.sweep_incoming(older_than_seconds=settings.removal_grace_seconds + settings.removal_margin_seconds)
