"""Everybody's images, as administrators look after them: what strangers may see of them, and whether they stay."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.admin import audit
from aizen.admin.audit import Actor, Subject
from aizen.auth.models import User
from aizen.database import db, reading, transaction
from aizen.errors import FieldError, Invalid, NotFound
from aizen.gallery import links
from aizen.images import library, listing, presenting
from aizen.images.models import Image
from aizen.images.shown import Shown, lying, variants_of
from aizen.settings import Settings
from aizen.web import pagination

# What of an image an administrator is told. The original and its address are the owner's alone.
TOLD = (
    *("id", "status", "title", "description", "alt", "alt_status", "tags", "file_name", "format", "media_type", "width", "height", "bytes"),
    *("sha256", "thumbhash", "dominant_color", "source", "is_public", "visibility", "ai", "variants", "user", "uploaded_at", "updated_at"),
    *("prompt", "generation", "digital_source_type", "trashed_at"),
)


@dataclass(frozen=True)
class Owner:
    """Whose image it is."""

    user_id: uuid.UUID
    email: str
    username: str
    date_joined: datetime


@dataclass(frozen=True)
class Moderated:
    """An image and its owner."""

    shown: Shown
    owner: Owner

    def as_json(self, settings: Settings) -> dict[str, Any]:
        body = presenting.image(self.shown, self.owner, settings)
        return {**{name: body[name] for name in TOLD}, "thumb": body["links"]["thumb"]}


def browse(
    owner_id: uuid.UUID | None,
    selection: listing.Selection,
    *,
    after: pagination.Position | None,
    limit: int,
    filters: dict[str, Any],
) -> tuple[list[Moderated], pagination.Page]:
    """A page of images, the newest first: of one owner as they would find them, or of everybody.

    Raises Invalid where words are looked for in everybody's: the index of words is by owner.
    """
    if owner_id is not None:
        shown, page = listing.browse(owner_id, selection, newest_first=True, after=after, limit=limit, filters=filters)
        return _moderated(shown), page
    if selection.wanted.terms or selection.wanted.tags:
        raise Invalid(errors=[FieldError("/owner", "required", "Words and tags are found in the images of one owner: name them.")])
    nothing = [sa.false()] if selection.is_empty else []
    wanted = selection.wanted
    place = lying(in_trash=wanted.in_trash)
    select = sa.select(Image).where(*selection.conditions(), *listing.uploaded(wanted), *place, *nothing)
    with reading():
        rows = db.session.scalars(pagination.newest(select, identity=Image.id, after=after, limit=limit)).all()
        page = pagination.cut(rows, limit=limit, filters=filters)
        variants = variants_of([image.id for image in page.rows])
    return _moderated([Shown(image, variants.get(image.id, [])) for image in page.rows]), page


def _moderated(shown: list[Shown]) -> list[Moderated]:
    owners = _owners({each.image.owner_id for each in shown})
    # An owner whose account was closed since the images were read has none any more.
    return [Moderated(each, owners[each.image.owner_id]) for each in shown if each.image.owner_id in owners]


def _owners(ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, Owner]:
    with reading():
        rows = db.session.execute(sa.select(User.id, User.email, User.username, User.created_at).where(User.id.in_(list(ids))))
        return {row.id: Owner(row.id, row.email, row.username, row.created_at) for row in rows}


def show(image_id: uuid.UUID) -> Moderated:
    """One image of anybody. Raises NotFound."""
    with reading():
        image = _one(image_id)
        shown = Shown(image, variants_of([image.id]).get(image.id, []))
    found = _moderated([shown])
    if not found:
        raise NotFound
    return found[0]


def _one(image_id: uuid.UUID, *, locked: bool = False) -> Image:
    select = sa.select(Image).where(Image.id == image_id).execution_options(populate_existing=True)
    image = db.session.scalar(select.with_for_update() if locked else select)
    if image is None:
        raise NotFound
    return image


def take_down(image_id: uuid.UUID, *, reason: str, actor: Actor, adapters: Adapters) -> Moderated:
    """The image is private, also if it comes out of the trash: it is listed nowhere, has no public address, and its links are gone.

    Raises NotFound.

    Its owner keeps it, and what they sign: addresses for the owner that were given out open until they expire, and new ones are given to
    them. What nobody may see at all is to be deleted.
    """
    with transaction():
        image = _one(image_id, locked=True)
        before = image.visibility_before_trash or image.visibility
        told = {"visibility_before": before, "links_ended": links.end_all(image_id), "reason": reason}
        audit.record(actor, "image.taken_down", _subject(image), **told, **_owner_of(image))
        if image.trashed_at is None:
            library.set_visibility(image, "private", adapters)
        elif before != "private":
            library.change(image_id, visibility_before_trash="private")
    return show(image_id)


def delete(image_id: uuid.UUID, *, actor: Actor, adapters: Adapters) -> None:
    """The image of whomever is gone, as if its owner had deleted it. Raises NotFound."""
    with transaction():
        image = _one(image_id)
        library.drop(image_id, owner_id=image.owner_id, if_versions=None, adapters=adapters)
        audit.record(actor, "image.deleted", _subject(image), sha256=image.sha256, bytes=image.bytes, **_owner_of(image))


def _subject(image: Image) -> Subject:
    return Subject("image", image.id, image.title or image.file_name)


def _owner_of(image: Image) -> dict[str, str]:
    return {"owner_id": str(image.owner_id)}
