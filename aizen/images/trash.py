"""The trash: what its owner has put away, and may have back until the clock empties it.

Whoever sees an image by its owner's leave stops seeing it: in the trash it is private, and no address of it opens that was given out
before. It stays in its owner's storage, and counts there.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import groupby

import sqlalchemy as sa
import structlog

from aizen.adapters import Adapters
from aizen.database import db, reading, transaction, utc_now
from aizen.errors import AizenError
from aizen.images import derived, library, search
from aizen.images.models import Image
from aizen.images.shown import Shown, variants_of
from aizen.work import items

log = structlog.get_logger(__name__)

# Raises where somebody may not have an image seen by those whom a visibility names.
Require = Callable[[str], None]

IMAGES_A_TICK = 200
# A transaction holds the rows of so many images, and writes some dozen rows for each.
IMAGES_AT_A_TIME = 50


def trash(image_id: uuid.UUID, *, owner_id: uuid.UUID, if_versions: frozenset[int] | None, adapters: Adapters) -> Shown:
    """The owner's image lies in the trash; one that lay there stays as it is. Raises NotFound, and Stale as ``library.edit`` does."""
    return _moved(put_in, image_id, owner_id=owner_id, if_versions=if_versions, adapters=adapters)


def restore(image_id: uuid.UUID, *, owner_id: uuid.UUID, if_versions: frozenset[int] | None, require: Require, adapters: Adapters) -> Shown:
    """The owner's image is what it was before it was put into the trash; one that never was stays as it is.

    ``require`` raises where whoever asks may not have it seen by whom it was seen. Raises as ``trash`` does too.
    """
    move = partial(take_out, require=require)
    return _moved(move, image_id, owner_id=owner_id, if_versions=if_versions, adapters=adapters)


def _moved(
    move: Callable[[Image, Adapters], bool],
    image_id: uuid.UUID,
    *,
    owner_id: uuid.UUID,
    if_versions: frozenset[int] | None,
    adapters: Adapters,
) -> Shown:
    with transaction():
        image = library.locked(image_id, owner_id=owner_id, if_versions=if_versions)
        move(image, adapters)
        return Shown(image, variants_of([image_id]).get(image_id, []))


def put_in(image: Image, adapters: Adapters) -> bool:
    """Whether it was not there before: as ``trash``, in the open transaction, which has locked the image."""
    if image.trashed_at is not None:
        return False
    library.change(image.id, trashed_at=utc_now(), visibility_before_trash=image.visibility, visibility="private")
    # Of a private image too: those who have a signed address of a picture made of it shall be shown no more of it either.
    derived.forget(image.id, adapters)
    search.index(library.refreshed(image))
    return True


def take_out(image: Image, adapters: Adapters, *, require: Require) -> bool:
    """Whether it was there: as ``restore``, in the open transaction, which has locked the image."""
    if image.trashed_at is None:
        return False
    visibility = image.visibility_before_trash or "private"
    require(visibility)
    library.change(image.id, trashed_at=None, visibility_before_trash=None, visibility=visibility)
    if derived.moves(image.visibility, visibility):
        # What work that was under way has made of it meanwhile lies where nobody will look for it.
        derived.forget(image.id, adapters)
    search.index(library.refreshed(image))
    return True


def empty(adapters: Adapters) -> int:
    """How many images have lain in the trash for TRASH_SECONDS and are gone now: at most IMAGES_A_TICK, those that have lain longest.

    Where somebody else is in the way of one owner's images, these wait for the next tick.
    """
    over = Image.trashed_at < utc_now() - timedelta(seconds=adapters.settings.trash_seconds)
    longest = sa.select(Image.owner_id, Image.id).where(over).order_by(Image.trashed_at).limit(IMAGES_A_TICK)
    with reading():
        found = sorted(map(tuple, db.session.execute(longest)))
    count = 0
    for owner_id, images in groupby(found, key=lambda row: row[0]):
        image_ids = [image_id for _, image_id in images]
        for start in range(0, len(image_ids), IMAGES_AT_A_TIME):
            try:
                count += _remove(image_ids[start : start + IMAGES_AT_A_TIME], over, owner_id=owner_id, adapters=adapters)
            except AizenError as error:
                log.warning("trash left to the next tick", code=error.code)
    return count


def _remove(image_ids: Sequence[uuid.UUID], over: sa.ColumnElement[bool], *, owner_id: uuid.UUID, adapters: Adapters) -> int:
    with transaction():
        # In the order of ``library.drop``. What was restored or deleted since it was looked at is not among them any more.
        items.hold(*image_ids)
        going = sa.select(Image).where(Image.id.in_(image_ids), over).order_by(Image.id).with_for_update()
        found = list(db.session.scalars(going.execution_options(populate_existing=True)))
        if found:
            items.withdraw([image.id for image in found])
            library.let_go(found, owner_id=owner_id, adapters=adapters)
        return len(found)
