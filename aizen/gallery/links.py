"""Share links, on their owner's side: an address that shows one image to whoever has it, until it ends or is revoked."""

from __future__ import annotations

import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from aizen.adapters import Adapters
from aizen.auth import passwords
from aizen.database import changed_rows, db, new_id, reading, transaction, utc_now
from aizen.errors import Conflict, FieldError, Invalid, NotFound
from aizen.gallery.models import ShareLink
from aizen.images.models import Image
from aizen.settings import Settings
from aizen.web import pagination
from aizen.web.idempotency import Once, remember

log = structlog.get_logger(__name__)

PREFIX = "/s/"
# Crockford's letters: small ones alone, and none that is taken for another. 26 of them are 130 random bits.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
LONGEST_PASSWORD = 128
MOST_VIEWS = 1_000_000
SHORTEST_LIFE, LONGEST_LIFE = 60, 10 * 365 * 86400


@dataclass(frozen=True)
class Terms:
    """What the owner wants of a link: its life in seconds, the password that it asks for, and how often it may be opened."""

    seconds: int | None = None
    password: str | None = None
    max_views: int | None = None


@dataclass(frozen=True)
class Link:
    """A link as its owner sees it. ``views`` is how often it has been opened."""

    id: uuid.UUID
    slug: str
    expires_at: datetime
    has_password: bool
    max_views: int | None
    views: int
    created_at: datetime


# The slug is kept as it is: its owner sees the address again, to send it once more. Whoever reads this table reads the words about the
# image beside it; a password, which has no such use, is kept as a hash.
_COLUMNS: tuple[Any, ...] = (
    ShareLink.id,
    ShareLink.slug,
    ShareLink.expires_at,
    ShareLink.password_hash.is_not(None).label("has_password"),
    ShareLink.max_views,
    ShareLink.views,
    ShareLink.created_at,
)


def address(slug: str, settings: Settings) -> str:
    """Where the link opens: absolute, from PUBLIC_URL."""
    return f"{settings.base_url}{PREFIX}{slug}"


def fingerprint(password: str | None, settings: Settings) -> str | None:
    """What tells two passwords apart in the memory of repeated requests, and tells nobody who reads that memory the password."""
    return None if password is None else hmac.digest(settings.secret_key.encode(), b"aizen link\n" + password.encode(), "sha256").hex()


def make(image_id: uuid.UUID, terms: Terms, *, owner_id: uuid.UUID, use: Once | None, settings: Settings) -> Link:
    """There is one link more to the owner's image.

    Raises NotFound, Conflict (trashed, no_picture, or too_many_links past ``share_links_per_image``), and Invalid for a life that is
    longer than ``share_link_longest_seconds``.
    """
    now, link_id, slug = utc_now(), new_id(), "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    row: dict[str, Any] = {
        "id": link_id,
        "image_id": image_id,
        "slug": slug,
        "expires_at": now + timedelta(seconds=_life(terms, settings)),
        # Outside the transaction, for it takes a while.
        "password_hash": None if terms.password is None else passwords.hash_password(terms.password),
        "max_views": terms.max_views,
        "views": 0,
        "created_at": now,
    }
    with transaction():
        _require_shareable(image_id, owner_id)
        _require_room(image_id, now=now, most=settings.share_links_per_image)
        db.session.execute(sa.insert(ShareLink).values(row))
        remember(use, link_id)
    log.info("share link made", link=str(link_id), user=str(owner_id))
    return Link(link_id, slug, row["expires_at"], terms.password is not None, terms.max_views, 0, now)


def _life(terms: Terms, settings: Settings) -> int:
    longest = settings.share_link_longest_seconds
    if terms.seconds is None:
        return min(settings.share_link_seconds, longest)
    if terms.seconds > longest:
        detail = f"Must be between {SHORTEST_LIFE} and {longest}."
        raise Invalid(errors=[FieldError("/expires_in", "out_of_range", detail)])
    return terms.seconds


def _require_shareable(image_id: uuid.UUID, owner_id: uuid.UUID) -> None:
    # The lock on the image's row puts links that are made at once in a row: none of them is counted without the others.
    own = sa.select(Image.key, Image.status, Image.trashed_at).where(Image.id == image_id, Image.owner_id == owner_id)
    image = db.session.execute(own.with_for_update(key_share=True)).first()
    if image is None:
        raise NotFound
    if image.trashed_at is not None:
        raise Conflict("The image lies in the trash. Restore it first.", code="trashed")
    if image.key is None or image.status == "failed":
        raise Conflict("There is no picture to show.", code="no_picture")


def _require_room(image_id: uuid.UUID, *, now: datetime, most: int) -> None:
    opens = sa.and_(ShareLink.image_id == image_id, ShareLink.expires_at > now, has_views_left())
    if (db.session.scalar(sa.select(sa.func.count()).select_from(ShareLink).where(opens)) or 0) >= most:
        raise Conflict(f"An image may have {most} links that open, and no more. Revoke one first.", code="too_many_links")


def has_views_left() -> sa.ColumnElement[bool]:
    """As a part of a statement: the link may be opened once more."""
    return sa.or_(ShareLink.max_views.is_(None), ShareLink.views < ShareLink.max_views)


def show(link_id: uuid.UUID, *, owner_id: uuid.UUID) -> Link:
    """That link to an image of the owner's. Raises NotFound."""
    statement = sa.select(*_COLUMNS).join(Image, Image.id == ShareLink.image_id)
    with reading():
        row = db.session.execute(statement.where(ShareLink.id == link_id, Image.owner_id == owner_id)).first()
    if row is None:
        raise NotFound
    return Link(*row)


def filters(image_id: uuid.UUID) -> dict[str, Any]:
    """What a cursor of the list of that image's links belongs to."""
    return {"list": "links", "image": image_id}


def browse(image_id: uuid.UUID, *, owner_id: uuid.UUID, after: pagination.Position | None, limit: int) -> pagination.Page:
    """A page of the links to the owner's image, the newest first. Those that have ended are told for a while, so that one sees why.

    Raises NotFound.
    """
    statement = pagination.keyset(
        sa.select(*_COLUMNS).where(ShareLink.image_id == image_id),
        created_at=ShareLink.created_at,
        identity=ShareLink.id,
        newest_first=True,
        goes_on=after is not None,
    )
    with reading():
        if not db.session.scalar(sa.select(sa.exists().where(Image.id == image_id, Image.owner_id == owner_id))):
            raise NotFound
        rows = db.session.execute(statement, pagination.bounds(after, limit)).all()
    return pagination.cut([Link(*row) for row in rows], limit=limit, filters=filters(image_id))


def revoke(link_id: uuid.UUID, *, owner_id: uuid.UUID) -> None:
    """The link is gone, as if it had never been. Raises NotFound, also for a link to somebody else's image."""
    own = sa.select(Image.id).where(Image.owner_id == owner_id)
    with transaction():
        if not changed_rows(sa.delete(ShareLink).where(ShareLink.id == link_id, ShareLink.image_id.in_(own))):
            raise NotFound
    log.info("share link revoked", link=str(link_id), user=str(owner_id))


def end_all(image_id: uuid.UUID) -> int:
    """How many links of the image there were; the open transaction, which has locked it, leaves none."""
    return changed_rows(sa.delete(ShareLink).where(ShareLink.image_id == image_id))


def forget_ended(adapters: Adapters) -> int:
    """How many links are gone that expired ``share_link_kept_seconds`` ago."""
    since = utc_now() - timedelta(seconds=adapters.settings.share_link_kept_seconds)
    with transaction():
        return changed_rows(sa.delete(ShareLink).where(ShareLink.expires_at < since))
