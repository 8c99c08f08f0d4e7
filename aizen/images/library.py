"""The library: images added, found, changed, removed, and run again after a failure."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.ai import OFFLINE
from aizen.auth import quotas
from aizen.database import changed_rows, db, reading, transaction, utc_now
from aizen.errors import AizenError, Conflict, NotFound, Stale
from aizen.images import alt_text, derived, search, twins
from aizen.images.intake import StoredPicture
from aizen.images.models import Image, ListedImage, Variant
from aizen.images.shown import Shown, variants_of
from aizen.web.idempotency import Once, remember
from aizen.work import items, kinds, removals

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


@dataclass(frozen=True)
class Progress:
    """How far the work on an image is."""

    image: Image
    work: Sequence[items.ItemState]

    @property
    def is_settled(self) -> bool:
        return all(each.state in ("done", "failed") for each in self.work)


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


def _one(image_id: uuid.UUID, owner_id: uuid.UUID, *, locked: bool = False) -> Image:
    statement = _own(image_id, owner_id)
    image = db.session.scalar(statement.with_for_update(key_share=True) if locked else statement)
    if image is None:
        raise NotFound
    return image


def locked(image_id: uuid.UUID, *, owner_id: uuid.UUID, if_versions: frozenset[int] | None = None) -> Image:
    """The owner's image, which nobody else changes until the open transaction ends; rows may go on referring to it.

    Raises NotFound, and Stale when the row's version is none of ``if_versions``.
    """
    image = _one(image_id, owner_id, locked=True)
    _require_version(image, if_versions)
    return image


def _require_version(image: Image, if_versions: frozenset[int] | None) -> None:
    if if_versions is not None and image.version not in if_versions:
        raise Stale


def refreshed(image: Image) -> Image:
    """The same image, as the open transaction has changed its row."""
    return _one(image.id, image.owner_id)


def show(image_id: uuid.UUID, *, owner_id: uuid.UUID) -> Shown:
    """The owner's image. Raises NotFound, also for an image of somebody else."""
    with reading():
        image = _one(image_id, owner_id)
        return Shown(image, variants_of([image.id]).get(image.id, []))


def original(image_id: uuid.UUID, *, owner_id: uuid.UUID) -> Image:
    """The owner's image without its variants. Raises NotFound."""
    with reading():
        return _one(image_id, owner_id)


def progress(image_id: uuid.UUID, *, owner_id: uuid.UUID) -> Progress:
    """The owner's image and every piece of work on it. Raises NotFound."""
    with reading():
        return Progress(_one(image_id, owner_id), items.states(image_id))


def variant(image_id: uuid.UUID, name: str, *, owner_id: uuid.UUID) -> tuple[Image, Variant]:
    """The owner's variant of that name. Raises NotFound."""
    with reading():
        image = _one(image_id, owner_id)
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
    image = db.session.scalar(_own(image_id, owner_id).with_for_update())
    if image is None:
        raise NotFound
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


def retry(image_id: uuid.UUID, *, owner_id: uuid.UUID, adapters: Adapters) -> None:
    """What had failed of the image's work is due again.

    Raises NotFound, Conflict (trashed, or nothing_failed), and what the kind of a failed generation says against another one now.
    """
    with transaction():
        items.hold(image_id)
        require_not_trashed(_one(image_id, owner_id))
        if items.has_failed(GENERATION, subject_id=image_id):
            kinds.find(GENERATION).admit(owner_id, adapters)
        if not run_again(image_id, adapters):
            raise Conflict("Nothing has failed that could be tried again.", code="nothing_failed")


def wants_generation(image_id: uuid.UUID, *, owner_id: uuid.UUID) -> bool:
    """Whether to run again what has failed of the image's work is to have it generated. Raises NotFound."""
    with reading():
        _one(image_id, owner_id)
        return items.has_failed(GENERATION, subject_id=image_id)


def run_again(image_id: uuid.UUID, adapters: Adapters) -> bool:
    """Whether something had failed of the image's work; the open transaction makes it due again, and the image's status says so."""
    generating = items.run_again(GENERATION, subject_id=image_id, adapters=adapters)
    rendering = items.run_again(VARIANTS, subject_id=image_id, adapters=adapters, waiting=generating)
    describing = items.run_again(DESCRIPTION, subject_id=image_id, adapters=adapters, waiting=generating or rendering)
    values: dict[str, Any] = {}
    if generating or rendering:
        values["status"] = "generating" if generating else "processing"
    if describing:
        values |= {"ai_status": "pending", "ai_error": None}
    if values:
        change(image_id, **values)
    return bool(values)


def describe(image_id: uuid.UUID, *, owner_id: uuid.UUID, adapters: Adapters) -> None:
    """A describer will look at the image, whether or not one has before; if one is about to, nothing changes.

    At this very image: what was said of one with the same bytes is not taken over. What was said before stays until then.
    Raises NotFound, and Conflict for an image that could not be resized or lies in the trash.
    """
    with transaction():
        have_described(image_id, owner_id=owner_id, adapters=adapters)


def have_described(image_id: uuid.UUID, *, owner_id: uuid.UUID, adapters: Adapters) -> bool:
    """Whether it takes effect: as ``describe``, in the open transaction."""
    # Whoever finishes the variants now has released the description, or will find it waiting.
    items.hold(image_id)
    image = _one(image_id, owner_id)
    require_not_trashed(image)
    if image.status == "failed":
        raise Conflict("There is no picture to look at: making it has failed. Retry that first.", code="no_picture")
    changed_rows(sa.update(Image).where(Image.id == image_id).values(wants_own_description=True))
    waiting = image.status != "ready"
    if not items.ensure(DESCRIPTION, subject_id=image_id, owner_id=owner_id, adapters=adapters, waiting=waiting):
        return False
    change(image_id, ai_status="pending", ai_error=None)
    return True


def described(image_id: uuid.UUID, **values: Any) -> None:
    """The open transaction has what a describer said beside the owner's own words. Raises NotFound when the image is gone.

    Its alt text is a suggestion, unless nobody has looked.
    """
    open_ = Image.alt_status.in_(("missing", "suggested"))
    alt_status = sa.case((open_, "missing" if values["ai_provider"] == OFFLINE else "suggested"), else_=Image.alt_status)
    change(image_id, ai_status="done", ai_error=None, alt_status=alt_status, wants_own_description=False, **values)
    image = db.session.get(Image, image_id, populate_existing=True)
    assert image is not None
    search.index(image)


def change(image_id: uuid.UUID, **values: Any) -> None:
    """The open transaction has changed the row, and its version shows it. Raises NotFound when the row is gone."""
    statement = sa.update(Image).where(Image.id == image_id).values(version=Image.version + 1, updated_at=utc_now(), **values)
    if changed_rows(statement) != 1:
        raise NotFound


def variants_failed(image_id: uuid.UUID, error: AizenError, adapters: Adapters) -> None:
    """The open transaction marks the image as failed, and its description with it: there is nothing to look at.

    An image that was ready before keeps its former variants, and stays what it was.
    """
    _without_picture(image_id, "The image could not be resized.")


def generation_failed(image_id: uuid.UUID, error: AizenError, adapters: Adapters) -> None:
    """The open transaction marks the image as failed, and its variants and its description with it: there is no picture."""
    why = "There is no picture: it could not be generated."
    items.give_up(VARIANTS, subject_id=image_id, error=AizenError(why, code="no_picture"))
    _without_picture(image_id, why)


def _without_picture(image_id: uuid.UUID, why: str) -> None:
    row = db.session.execute(sa.select(Image.status, Image.ai_status).where(Image.id == image_id)).first()
    if row is None or row.status == "ready":
        return
    items.give_up(DESCRIPTION, subject_id=image_id, error=AizenError(why, code="no_picture"))
    failed = {"ai_status": "failed", "ai_error": "no_picture"} if row.ai_status == "pending" else {}
    change(image_id, status="failed", **failed)


def description_failed(image_id: uuid.UUID, error: AizenError, adapters: Adapters) -> None:
    """The open transaction says why the image has no description."""
    change(image_id, ai_status="failed", ai_error=error.code[:60])


def description_progress(image_id: uuid.UUID, state: str) -> None:
    """The open transaction shows whether a describer is at work."""
    change(image_id, ai_status=state)
