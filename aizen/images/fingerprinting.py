"""The fingerprints of images from before there were any: made by and by, a few at a time. Others get them with their variants."""

from __future__ import annotations

import uuid
from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from aizen.adapters import Adapters, image_limits
from aizen.database import changed_rows, db, reading, transaction
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


def put_off_missing(adapters: Adapters) -> int:
    """How many images without fingerprints get them next: ``AT_A_TIME`` are under way at most. One that has failed is left alone."""
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
    for image_id, owner_id in found:
        # Another clock may have been faster.
        with suppress(IntegrityError), transaction():
            items.put_off(FINGERPRINTS, subject_id=image_id, owner_id=owner_id, adapters=adapters)
    return len(found)


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


def failed(_image_id: uuid.UUID, _error: AizenError, _adapters: Adapters) -> None:
    """The image is what it was: nothing similar is found to it."""
