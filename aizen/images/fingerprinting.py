"""The fingerprints of images from before there were any: made by and by, a few at a time. Others get them with their variants."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from aizen.adapters import Adapters, image_limits
from aizen.database import changed_rows, clock_ms, db, reading, transaction, utc_now
from aizen.errors import AizenError, Final, NotFound
from aizen.images import files
from aizen.images.models import WITHOUT_FINGERPRINTS, Image, Variant
from aizen.images.variants import digest_of
from aizen.imaging.fingerprints import dhash
from aizen.work import items
from aizen.work.kinds import Lease, Record
from aizen.work.models import WorkItem

FINGERPRINTS = "fingerprints"
# So few that whoever uploads something now does not wait for all that was uploaded before.
AT_A_TIME = 16
# Nobody knows of work that has failed but administrators: it is tried again after a day, on the days that follow the first try.
PAUSE_MS = 86_400_000
DAYS = 3


def put_off_missing(adapters: Adapters) -> int:
    """How many images without fingerprints get them next, or are tried once more: ``AT_A_TIME`` are under way at most.

    One that has failed each day for ``DAYS`` is left alone.
    """
    of_this_kind = sa.select(WorkItem.id).where(WorkItem.kind == FINGERPRINTS)
    under_way = sa.select(sa.func.count()).select_from(of_this_kind.where(WorkItem.state.in_(("pending", "working"))).subquery())
    missing = (
        sa.select(Image.id, Image.owner_id)
        .where(sa.text(WITHOUT_FINGERPRINTS), ~of_this_kind.where(WorkItem.subject_id == Image.id).exists())
        .order_by(Image.id)
    )
    with reading():
        room = AT_A_TIME - (db.session.scalar(under_way) or 0)
        found = db.session.execute(missing.limit(room)).all() if room > 0 else []
        again = db.session.scalars(_failed_before().limit(room - len(found))).all() if room > len(found) else []
    for image_id, owner_id in found:
        # Another clock may have been faster.
        with suppress(IntegrityError), transaction():
            items.put_off(FINGERPRINTS, subject_id=image_id, owner_id=owner_id, adapters=adapters)
    for image_id in again:
        with transaction():
            items.run_again(FINGERPRINTS, subject_id=image_id, adapters=adapters)
    return len(found) + len(again)


def _failed_before() -> sa.Select[uuid.UUID]:
    """The images whose fingerprints have failed and are to be tried again, those of the longest pause first."""
    # It was last due then.
    is_over = WorkItem.not_before < clock_ms() - PAUSE_MS
    is_young = WorkItem.created_at > utc_now() - timedelta(milliseconds=PAUSE_MS * (DAYS + 1))
    failed = sa.select(WorkItem.subject_id).where(WorkItem.kind == FINGERPRINTS, WorkItem.state == "failed", is_over, is_young)
    return failed.order_by(WorkItem.not_before)


def make(lease: Lease, adapters: Adapters) -> Record:
    """The fingerprints have been taken; what is answered here records them. Raises Final where a file of the image is gone."""
    smallest = sa.select(Variant.key).where(Variant.image_id == lease.subject_id, Variant.format.in_(("jpeg", "png")))
    with reading():
        original = db.session.scalar(sa.select(Image.key).where(Image.id == lease.subject_id))
        level = db.session.scalar(smallest.order_by(Variant.width * Variant.height).limit(1))
    if original is None or level is None:
        raise Final("There is no picture to look at.", code="no_picture")
    try:
        with adapters.storage.open(level) as stored:
            near = dhash(stored.read())
        with files.local_file(original, adapters) as path:
            exact = digest_of(path, image_limits(adapters.settings))
    except NotFound:
        raise Final("The picture is not in the storage any more.", code="no_picture") from None
    return lambda: _record(lease, exact, near)


def _record(lease: Lease, exact: str | None, near: int) -> None:
    # No reader sees them, so the row's version stays; and that there was such work is of no use to anybody.
    changed_rows(sa.update(Image).where(Image.id == lease.subject_id).values(pixels_sha256=exact, dhash=near))
    items.forget(lease.item_id)


def failed(image_id: uuid.UUID, _error: AizenError, _adapters: Adapters) -> None:
    """The image is what it was: nothing similar is found to it. Raises NotFound where it is gone, and the work with it."""
    if db.session.scalar(sa.select(Image.id).where(Image.id == image_id)) is None:
        raise NotFound
