"""Images of one owner with the very same bytes: what has been found out of one of them holds for the others."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from aizen.ai import OFFLINE
from aizen.database import db, reading
from aizen.images.models import Image
from aizen.images.shown import Shown, variants_of

SAID = (Image.ai_description, Image.ai_alt, Image.ai_tags, Image.ai_provider, Image.ai_model)


def same_bytes(owner_id: uuid.UUID, sha256: str | None) -> sa.ColumnElement[bool]:
    """Of whose rows an image with these bytes is one. Nobody else's: what others have uploaded is not to be found out."""
    return sa.and_(Image.owner_id == owner_id, Image.sha256 == sha256)


def oldest(owner_id: uuid.UUID, sha256: str) -> uuid.UUID | None:
    """The owner's oldest image with these bytes outside the trash; until the open transaction ends, nobody deletes it.

    One that is being deleted at this moment counts as gone: to wait for whoever does so might be to wait for each other.
    """
    found = _outside_the_trash(sa.select(Image.id), owner_id, sha256).with_for_update(read=True, key_share=True, skip_locked=True)
    image_id: uuid.UUID | None = db.session.scalar(found)
    return image_id


def find_kept(owner_id: uuid.UUID, sha256: str) -> Shown | None:
    """The owner's oldest image with these bytes outside the trash, or None."""
    with reading():
        image = db.session.scalar(_outside_the_trash(sa.select(Image), owner_id, sha256).execution_options(populate_existing=True))
        return None if image is None else Shown(image, variants_of([image.id]).get(image.id, []))


def _outside_the_trash(select: sa.Select[Any], owner_id: uuid.UUID, sha256: str) -> sa.Select[Any]:
    return select.where(same_bytes(owner_id, sha256), Image.trashed_at.is_(None)).order_by(Image.created_at, Image.id).limit(1)


def are_there(image: Image) -> bool:
    """Whether the owner has another image with the same bytes."""
    others = sa.exists().where(same_bytes(image.owner_id, image.sha256), Image.id != image.id)
    return bool(db.session.scalar(sa.select(others)))


def said(owner_id: uuid.UUID, sha256: str | None) -> dict[str, Any] | None:
    """What a model has said of an image with these bytes, as columns; None where none has. The trash makes no difference here."""
    done = sa.and_(same_bytes(owner_id, sha256), Image.ai_status == "done", Image.ai_provider != OFFLINE)
    row = db.session.execute(sa.select(*SAID).where(done).order_by(Image.created_at, Image.id).limit(1)).first()
    return None if row is None else dict(row._mapping)


def others_at_a_describer(image: Image) -> bool:
    """Whether another image with the same bytes is being described; until the open transaction ends, none of them begins to be, or ends.

    So of several that ask this of each other, the last one finds no other, if those before it have withdrawn.
    """
    working = sa.select(Image.id).where(same_bytes(image.owner_id, image.sha256), Image.ai_status == "working").order_by(Image.id)
    return any(found != image.id for found in db.session.scalars(working.with_for_update(key_share=True)))
