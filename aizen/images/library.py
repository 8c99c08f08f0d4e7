"""The library: images added, found, changed and removed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.auth import quotas
from aizen.database import changed_rows, db, reading, transaction, utc_now
from aizen.errors import Conflict, NotFound, Stale
from aizen.images import alt_text, derived, search, twins
from aizen.images.intake import StoredPicture
from aizen.images.models import Image, ListedImage, Variant
from aizen.images.shown import Shown, variants_of
from aizen.web.idempotency import Once, remember
from aizen.work import items, removals

# What brings the picture of an image that is expected. The package that has it made registers the kind.
GENERATION = "generation"
VARIANTS = "variants"
DESCRIPTION = "description"


@dataclass(frozen=True)
class Words:
    """What the owner says of an image."""

    title: str = ""
    description: str = ""
    alt: str = ""
    tags: tuple[str, ...] = ()
    visibility: str = "private"


@dataclass(frozen=True)
class Origin:
    """Where an image comes from; one that was made from another names it, and the recipe in URL spelling."""

    source: str = "upload"
    parent_id: uuid.UUID | None = None
    recipe: str | None = None


UPLOADED = Origin()


def add(
    stored: StoredPicture,
    words: Words,
    *,
    describe: bool,
    use: Once | None,
    adapters: Adapters,
    origin: Origin = UPLOADED,
    unless_kept: bool = False,
) -> Shown:
    """The open transaction makes the stored picture an image: its row, its work items, and its object no longer to be removed.

    ``unless_kept`` answers the image that the owner has of these bytes, if there is one, and nothing is made: what was stored is then to be
    given up. What a model has said of such an image is said of the new one too, and nobody is asked again.
    What is answered needs no further look at the database, which might be gone by then although the image stands.
    Raises QuotaExceeded, NotFound where the image that it was made from is gone, and Unauthenticated (session_ended) for an owner whose
    account has been closed or disabled meanwhile.
    """
    if unless_kept:
        # Equal uploads of one moment pass here one after the other, and the second sees what the first has made.
        quotas.hold(stored.owner_id)
        kept = twins.find_kept(stored.owner_id, stored.sha256)
        if kept is not None:
            remember(use, kept.image.id)
            return kept
    removals.keep([stored.key])
    if origin.parent_id is not None:
        require_there(origin.parent_id, stored.owner_id)
    # Of equal uploads at once, the second now sees the first, and comes after it in time.
    quotas.take(stored.owner_id, stored.bytes, adapters.settings)
    now = utc_now()
    duplicate_of = twins.oldest(stored.owner_id, stored.sha256)
    said = twins.said(stored.owner_id, stored.sha256) if describe and duplicate_of is not None else None
    values = {
        "id": stored.image_id,
        "owner_id": stored.owner_id,
        "version": 1,
        "status": "processing",
        "source": origin.source,
        "visibility": words.visibility,
        "title": words.title,
        "description": words.description,
        "alt": words.alt,
        "alt_status": "approved" if words.alt else "suggested" if said else "missing",
        "tags": list(words.tags),
        **columns_of(stored),
        "duplicate_of": duplicate_of,
        "parent_id": origin.parent_id,
        "recipe": origin.recipe,
        "ai_status": "done" if said else "pending" if describe else "skipped",
        **(said or {}),
        "created_at": now,
        "updated_at": now,
    }
    image = Image(**values)
    db.session.execute(sa.insert(Image).values(values))
    search.add(image)
    remember(use, stored.image_id)
    items.put_off(VARIANTS, subject_id=stored.image_id, owner_id=stored.owner_id, adapters=adapters)
    if describe and said is None:
        # The describer looks at a level that the variants bring, so it waits for them.
        items.put_off(DESCRIPTION, subject_id=stored.image_id, owner_id=stored.owner_id, adapters=adapters, waiting=True)
    return Shown(image, ())


def columns_of(stored: StoredPicture) -> dict[str, Any]:
    """What an image's row says of its picture."""
    picture = stored.picture
    return {
        "key": stored.key,
        "file_name": stored.file_name,
        "format": picture.format,
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "frames": picture.frames,
        "has_alpha": picture.has_alpha,
        "bytes": stored.bytes,
        "sha256": stored.sha256,
        "lacks_profile": picture.lacks_profile,
        "rights": asdict(picture.rights) if picture.rights else None,
    }


def require_there(image_id: uuid.UUID, owner_id: uuid.UUID) -> None:
    """Until the open transaction ends, whoever deletes the image waits for us. Raises NotFound where it is gone."""
    own = sa.select(Image.id).where(Image.id == image_id, Image.owner_id == owner_id)
    if db.session.scalar(own.with_for_update(read=True, key_share=True)) is None:
        raise NotFound


def _own(image_id: uuid.UUID, owner_id: uuid.UUID) -> sa.Select[Image]:
    return sa.select(Image).where(Image.id == image_id, Image.owner_id == owner_id).execution_options(populate_existing=True)


def seen(image_id: uuid.UUID, *, owner_id: uuid.UUID) -> Image:
    """The owner's image, as the open transaction sees it. Raises NotFound."""
    return _found(_own(image_id, owner_id))


def _found(statement: sa.Select[Image]) -> Image:
    image = db.session.scalar(statement)
    if image is None:
        raise NotFound
    return image


def locked(image_id: uuid.UUID, *, owner_id: uuid.UUID, if_versions: frozenset[int] | None = None) -> Image:
    """The owner's image, which nobody else changes until the open transaction ends; rows may go on referring to it.

    Raises NotFound, and Stale when the row's version is none of ``if_versions``.
    """
    image = _found(_own(image_id, owner_id).with_for_update(key_share=True))
    _require_version(image, if_versions)
    return image


def _require_version(image: Image, if_versions: frozenset[int] | None) -> None:
    if if_versions is not None and image.version not in if_versions:
        raise Stale


def refreshed(image: Image) -> Image:
    """The same image, as the open transaction has changed its row."""
    return seen(image.id, owner_id=image.owner_id)


def show(image_id: uuid.UUID, *, owner_id: uuid.UUID) -> Shown:
    """The owner's image. Raises NotFound, also for an image of somebody else."""
    with reading():
        image = seen(image_id, owner_id=owner_id)
        return Shown(image, variants_of([image.id]).get(image.id, []))


def original(image_id: uuid.UUID, *, owner_id: uuid.UUID) -> Image:
    """The owner's image without its variants. Raises NotFound."""
    with reading():
        return seen(image_id, owner_id=owner_id)


def variant(image_id: uuid.UUID, name: str, *, owner_id: uuid.UUID) -> tuple[Image, Variant]:
    """The owner's variant of that name. Raises NotFound."""
    with reading():
        image = seen(image_id, owner_id=owner_id)
        found = db.session.scalar(sa.select(Variant).where(Variant.image_id == image_id, Variant.name == name, Variant.role == "variant"))
    if found is None:
        raise NotFound
    return image, found


def edit(
    image_id: uuid.UUID, words: dict[str, Any], *, owner_id: uuid.UUID, if_versions: frozenset[int] | None, adapters: Adapters
) -> Shown:
    """The owner's image has these words: title, description, alt, alt_status, tags, visibility, focal_point; what is not named stays.

    With another focal point the files that were made of it go, as their addresses are those of another picture; so they do when it becomes
    public, or is that no more. Raises NotFound, Stale when the row's version is none of ``if_versions``, Invalid for an ``alt_status``
    that its alt text belies, and Conflict: trashed where one in the trash is to be seen by others or to look otherwise, no_picture where
    there is nothing that others could see.
    """
    with transaction():
        return reword(image_id, words, owner_id=owner_id, if_versions=if_versions, adapters=adapters)


def reword(
    image_id: uuid.UUID, words: dict[str, Any], *, owner_id: uuid.UUID, if_versions: frozenset[int] | None, adapters: Adapters
) -> Shown:
    """As ``edit``, in the open transaction."""
    image = locked(image_id, owner_id=owner_id, if_versions=if_versions)
    say(image, words, adapters)
    return Shown(image, variants_of([image_id]).get(image_id, []))


def say(image: Image, words: dict[str, Any], adapters: Adapters) -> bool:
    """Whether anything of it is new: as ``edit``, in the open transaction, which has locked the image."""
    values = {name: value for name, value in words.items() if name in ("title", "description", "tags", "visibility")}
    if "focal_point" in words:
        values["focal_x"], values["focal_y"] = words["focal_point"] or (None, None)
    values |= alt_text.settled(image, words)
    changed = {name: value for name, value in values.items() if getattr(image, name) != value}
    # What one in the trash comes back to counts as well: whoever says private shall not find it public again.
    comes_back_to = words.get("visibility", image.visibility) if image.trashed_at is None else image.visibility_before_trash
    if words.get("visibility", comes_back_to) != comes_back_to or changed.keys() & {"visibility", "focal_x", "focal_y"}:
        require_not_trashed(image)
    if changed.get("visibility", "private") != "private" and (image.key is None or image.status == "failed"):
        # One that is still generated would be seen by everybody before its owner has seen it.
        raise Conflict("There is no picture that others could see.", code="no_picture")
    if changed:
        _change(image, changed, adapters)
    return bool(changed)


def set_visibility(image: Image, visibility: str, adapters: Adapters) -> None:
    """The open transaction, which has locked the image, lets those see it whom ``visibility`` says, and nobody else find it or open it."""
    if image.visibility != visibility:
        _change(image, {"visibility": visibility}, adapters)


def _change(image: Image, values: dict[str, Any], adapters: Adapters) -> None:
    """The image has these values in its row, is found by its words as they are now, and is without the files that it has no more."""
    before = image.visibility
    change(image.id, **values)
    if values.keys() & {"focal_x", "focal_y"} or derived.moves(before, values.get("visibility", before)):
        derived.forget(image.id, adapters)
    search.index(refreshed(image))


def require_not_trashed(image: Image | ListedImage) -> None:
    """Nothing, unless the image lies in the trash. Raises Conflict (trashed)."""
    if image.trashed_at is not None:
        raise Conflict("The image lies in the trash. Restore it first.", code="trashed")


def remove(image_id: uuid.UUID, *, owner_id: uuid.UUID, if_versions: frozenset[int] | None, adapters: Adapters) -> None:
    """The image is gone: row and work in this transaction, its objects with the clock's next tick.

    Raises NotFound, and Stale when the row's version is none of ``if_versions``.
    """
    with transaction():
        drop(image_id, owner_id=owner_id, if_versions=if_versions, adapters=adapters)


def drop(image_id: uuid.UUID, *, owner_id: uuid.UUID, if_versions: frozenset[int] | None, adapters: Adapters) -> None:
    """As ``remove``, in the open transaction."""
    _require_own(image_id, owner_id)
    # The work goes first: whoever records a result now waits for us, finds its lease lost, and undoes it. It is held before, so that
    # what somebody puts off at this moment is there to be withdrawn.
    items.hold(image_id)
    items.withdraw([image_id])
    # Locked as what is about to go: whoever refers to it now has to be done first.
    image = _found(_own(image_id, owner_id).with_for_update())
    _require_version(image, if_versions)
    let_go([image], owner_id=owner_id, adapters=adapters)


def remove_some(owner_id: uuid.UUID, *, limit: int, adapters: Adapters) -> int:
    """How many images of the owner are gone now, the oldest first: all in one transaction, at most ``limit``."""
    oldest = sa.select(Image.id).where(Image.owner_id == owner_id).order_by(Image.created_at, Image.id).limit(limit)
    with transaction():
        image_ids = list(db.session.scalars(oldest))
        # In the order of ``remove``.
        items.hold(*image_ids)
        items.withdraw(image_ids)
        found = list(db.session.scalars(sa.select(Image).where(Image.id.in_(image_ids)).order_by(Image.id).with_for_update()))
        if found:
            let_go(found, owner_id=owner_id, adapters=adapters)
        return len(image_ids)


def bytes_kept(owner_id: sa.SQLColumnExpression[uuid.UUID] | uuid.UUID) -> sa.ScalarSelect[int]:
    """As a part of a statement: the bytes of the owner's originals."""
    # PostgreSQL would answer a decimal number.
    total = sa.cast(sa.func.coalesce(sa.func.sum(Image.bytes), 0), sa.BigInteger)
    return sa.select(total).where(Image.owner_id == owner_id).scalar_subquery()


def count_storage(owner_id: uuid.UUID) -> None:
    """What is noted as the owner's storage is what the owner keeps."""
    with transaction():
        quotas.hold(owner_id)
        quotas.note(owner_id, bytes_kept(owner_id))


def has_any(owner_id: uuid.UUID) -> bool:
    """Whether the owner has any image, as the open transaction sees it."""
    return bool(db.session.scalar(sa.select(sa.exists().where(Image.owner_id == owner_id))))


def let_go(found: Sequence[Image], *, owner_id: uuid.UUID, adapters: Adapters) -> None:
    """The open transaction, which has locked these images and what work there was on them, leaves nothing of them but their removals."""
    image_ids = [image.id for image in found]
    variants = db.session.scalars(sa.select(Variant.key).where(Variant.image_id.in_(image_ids)))
    removals.remove([*(image.key for image in found if image.key), *variants], adapters.settings)
    derived.drop(image_ids, adapters)
    # The foreign keys would do this too, but leave the rows' version as it was, and their ETag with it.
    for link in (Image.duplicate_of, Image.parent_id):
        changed = {link.key: None, "version": Image.version + 1, "updated_at": utc_now()}
        db.session.execute(sa.update(Image).where(link.in_(image_ids)).values(changed))
    quotas.give_back(owner_id, sum(image.bytes for image in found))
    for image in found:
        db.session.expunge(image)
    db.session.execute(sa.delete(Image).where(Image.id.in_(image_ids)))
    derived.withdraw(image_ids, adapters)


def _require_own(image_id: uuid.UUID, owner_id: uuid.UUID) -> None:
    if db.session.scalar(sa.select(Image.id).where(Image.id == image_id, Image.owner_id == owner_id)) is None:
        raise NotFound


def change(image_id: uuid.UUID, **values: Any) -> None:
    """The open transaction has changed the row, and its version shows it. Raises NotFound when the row is gone."""
    statement = sa.update(Image).where(Image.id == image_id).values(version=Image.version + 1, updated_at=utc_now(), **values)
    if changed_rows(statement) != 1:
        raise NotFound
