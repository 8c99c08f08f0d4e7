"""Images whose picture is still to come: the row is there at once, and an image like any other when the picture arrives."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.auth import quotas
from aizen.database import db, new_id, utc_now
from aizen.images import library, search, twins
from aizen.images.intake import StoredPicture, clean_file_name
from aizen.images.library import Words
from aizen.images.models import Image
from aizen.images.shown import Shown
from aizen.work import items, removals

# A name for the file is made of the prompt's beginning.
NAMED_BY = 60


@dataclass(frozen=True, kw_only=True)
class Expected:
    """An image that was ordered: by which prompt, and ``generation``, the rest of what was asked for, as the image's row keeps it."""

    owner_id: uuid.UUID
    prompt: str
    generation: dict[str, Any]
    width: int
    height: int
    words: Words
    describe: bool
    parent_id: uuid.UUID | None = None


def announce(expected: Expected, adapters: Adapters) -> tuple[Shown, uuid.UUID]:
    """The open transaction has the image, which is ``generating``, and the work that brings its picture, whose id is answered too.

    Raises NotFound where the image that it is a remix of is gone, and Unauthenticated (session_ended) for an owner whose account has been
    closed or disabled meanwhile.
    """
    if expected.parent_id is not None:
        library.require_there(expected.parent_id, expected.owner_id)
    # Nothing is kept yet; but nobody closes the account while this transaction is open.
    quotas.take(expected.owner_id, 0, adapters.settings)
    now, words = utc_now(), expected.words
    values = {
        "id": new_id(),
        "owner_id": expected.owner_id,
        "version": 1,
        "status": "generating",
        "source": "generation",
        "visibility": "private",
        "title": words.title,
        "description": words.description,
        "alt": words.alt,
        "alt_status": "approved" if words.alt else "missing",
        "tags": list(words.tags),
        "file_name": clean_file_name(expected.prompt.replace("/", " ").replace("\\", " ")[:NAMED_BY]),
        "width": expected.width,
        "height": expected.height,
        "frames": 1,
        "has_alpha": False,
        "bytes": 0,
        "parent_id": expected.parent_id,
        "prompt": expected.prompt,
        "generation": expected.generation,
        "ai_status": "pending" if expected.describe else "skipped",
        "created_at": now,
        "updated_at": now,
    }
    image = Image(**values)
    db.session.execute(sa.insert(Image).values(values))
    search.add(image)
    subject_id, owner_id = image.id, image.owner_id
    item_id = items.put_off(library.GENERATION, subject_id=subject_id, owner_id=owner_id, adapters=adapters)
    # All of them now, in the order in which they are worked on: whoever locks several (``items.hold``) takes them in that of their ids.
    items.put_off(library.VARIANTS, subject_id=subject_id, owner_id=owner_id, adapters=adapters, waiting=True)
    if expected.describe:
        items.put_off(library.DESCRIPTION, subject_id=subject_id, owner_id=owner_id, adapters=adapters, waiting=True)
    return Shown(image, ()), item_id


def arrive(stored: StoredPicture, *, provider: str, model: str, adapters: Adapters) -> None:
    """The open transaction gives the image its picture, and has its variants made as after an upload.

    Raises LeaseLost where the image is gone or has a picture, QuotaExceeded where its owner may not keep it, and Unauthenticated for an
    owner whose account has been closed or disabled.
    """
    waiting = sa.select(Image).where(Image.id == stored.image_id, Image.key.is_(None)).with_for_update()
    image = db.session.scalar(waiting.execution_options(populate_existing=True))
    if image is None:
        raise items.LeaseLost
    removals.keep([stored.key])
    quotas.take(stored.owner_id, stored.bytes, adapters.settings)
    painted = {**(image.generation or {}), "provider": provider, "model": model}
    same = twins.oldest(stored.owner_id, stored.sha256)
    library.change(stored.image_id, status="processing", generation=painted, duplicate_of=same, **library.columns_of(stored))
    # Its name has an ending now.
    db.session.refresh(image)
    search.index(image)
    # They release the description.
    items.release(library.VARIANTS, subject_id=stored.image_id, adapters=adapters)


def call_off(image_id: uuid.UUID, adapters: Adapters) -> None:
    """The open transaction, which holds the work on the image, leaves nothing of it if it has no picture yet; else nothing changes."""
    waiting = sa.select(Image.owner_id).where(Image.id == image_id, Image.key.is_(None))
    owner_id = db.session.scalar(waiting)
    if owner_id is not None:
        library.drop(image_id, owner_id=owner_id, if_versions=None, adapters=adapters)
