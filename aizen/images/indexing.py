"""Images put into the index of words again: all of them, one, or those that were public before there was a gallery."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.database import db, reading, transaction
from aizen.images import search
from aizen.images.models import Image, SearchDocument

IMAGES_AT_A_TIME = 500
IMAGES_A_TICK = 100


def reindex(image_id: uuid.UUID) -> None:
    """The image is found by its words as they are now; one that is gone stays gone."""
    with transaction():
        # Locked, as every change of its words locks it: what is read here is what is indexed.
        image = db.session.get(Image, image_id, populate_existing=True, with_for_update=True)
        if image is not None:
            search.index(image)


def reindex_all() -> int:
    """How many images there are; each of them is found by its words as this version of Aizen parts them."""
    count, after = 0, uuid.UUID(int=0)
    while True:
        with reading():
            page = sa.select(Image.id).where(Image.id > after).order_by(Image.id).limit(IMAGES_AT_A_TIME)
            found = list(db.session.scalars(page))
        if not found:
            return count
        for image_id in found:
            reindex(image_id)
        count, after = count + len(found), found[-1]
        db.session.expunge_all()


class PublishedBefore:
    """A sweep of the clock: everybody finds public images by their words, also those that were published by a version without a gallery.

    To look through all that is public takes a database of a million images a second: once nothing is left, nobody looks again. What a
    process of the former version publishes after that, `flask doctor` finds.
    """

    def __init__(self, *, images_a_tick: int = IMAGES_A_TICK) -> None:
        self._images_a_tick = images_a_tick
        self._is_done = False

    def __call__(self, _adapters: Adapters) -> int:
        """How many images are found since."""
        if self._is_done:
            return 0
        shelf = search.everybodys()
        unfound = sa.select(Image.id).join(SearchDocument, SearchDocument.image_id == Image.id).where(shelf.images, ~shelf.documents)
        with reading():
            image_ids = list(db.session.scalars(unfound.limit(self._images_a_tick)))
        for image_id in image_ids:
            reindex(image_id)
        self._is_done = len(image_ids) < self._images_a_tick
        return len(image_ids)
