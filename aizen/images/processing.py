"""The work on an image: how far it is, run again, asked for anew, and what becomes of the image when it ends."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.ai import OFFLINE
from aizen.database import changed_rows, db, reading, transaction
from aizen.errors import AizenError, Conflict
from aizen.images import library, search
from aizen.images.models import Image
from aizen.work import items, kinds


@dataclass(frozen=True)
class Progress:
    """How far the work on an image is."""

    image: Image
    work: Sequence[items.ItemState]

    @property
    def is_settled(self) -> bool:
        return all(each.state in ("done", "failed") for each in self.work)


def progress(image_id: uuid.UUID, *, owner_id: uuid.UUID) -> Progress:
    """The owner's image and every piece of work on it. Raises NotFound."""
    with reading():
        return Progress(library.seen(image_id, owner_id=owner_id), items.states(image_id))


def retry(image_id: uuid.UUID, *, owner_id: uuid.UUID, adapters: Adapters) -> None:
    """What had failed of the image's work is due again.

    Raises NotFound, Conflict (trashed, or nothing_failed), and what the kind of a failed generation says against another one now.
    """
    with transaction():
        items.hold(image_id)
        library.require_not_trashed(library.seen(image_id, owner_id=owner_id))
        if items.has_failed(library.GENERATION, subject_id=image_id):
            kinds.find(library.GENERATION).admit(owner_id, adapters)
        if not run_again(image_id, adapters):
            raise Conflict("Nothing has failed that could be tried again.", code="nothing_failed")


def wants_generation(image_id: uuid.UUID, *, owner_id: uuid.UUID) -> bool:
    """Whether to run again what has failed of the image's work is to have it generated. Raises NotFound."""
    with reading():
        library.seen(image_id, owner_id=owner_id)
        return items.has_failed(library.GENERATION, subject_id=image_id)


def run_again(image_id: uuid.UUID, adapters: Adapters) -> bool:
    """Whether something had failed of the image's work; the open transaction makes it due again, and the image's status says so."""
    generating = items.run_again(library.GENERATION, subject_id=image_id, adapters=adapters)
    rendering = items.run_again(library.VARIANTS, subject_id=image_id, adapters=adapters, waiting=generating)
    describing = items.run_again(library.DESCRIPTION, subject_id=image_id, adapters=adapters, waiting=generating or rendering)
    values: dict[str, Any] = {}
    if generating or rendering:
        values["status"] = "generating" if generating else "processing"
    if describing:
        values |= {"ai_status": "pending", "ai_error": None}
    if values:
        library.change(image_id, **values)
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
    image = library.seen(image_id, owner_id=owner_id)
    library.require_not_trashed(image)
    if image.status == "failed":
        raise Conflict("There is no picture to look at: making it has failed. Retry that first.", code="no_picture")
    changed_rows(sa.update(Image).where(Image.id == image_id).values(wants_own_description=True))
    waiting = image.status != "ready"
    if not items.ensure(library.DESCRIPTION, subject_id=image_id, owner_id=owner_id, adapters=adapters, waiting=waiting):
        return False
    library.change(image_id, ai_status="pending", ai_error=None)
    return True


def described(image_id: uuid.UUID, **values: Any) -> None:
    """The open transaction has what a describer said beside the owner's own words. Raises NotFound when the image is gone.

    Its alt text is a suggestion, unless nobody has looked.
    """
    open_ = Image.alt_status.in_(("missing", "suggested"))
    alt_status = sa.case((open_, "missing" if values["ai_provider"] == OFFLINE else "suggested"), else_=Image.alt_status)
    library.change(image_id, ai_status="done", ai_error=None, alt_status=alt_status, wants_own_description=False, **values)
    image = db.session.get(Image, image_id, populate_existing=True)
    assert image is not None
    search.index(image)


def variants_failed(image_id: uuid.UUID, error: AizenError, adapters: Adapters) -> None:
    """The open transaction marks the image as failed, and its description with it: there is nothing to look at.

    An image that was ready before keeps its former variants, and stays what it was.
    """
    _without_picture(image_id, "The image could not be resized.")


def generation_failed(image_id: uuid.UUID, error: AizenError, adapters: Adapters) -> None:
    """The open transaction marks the image as failed, and its variants and its description with it: there is no picture."""
    why = "There is no picture: it could not be generated."
    items.give_up(library.VARIANTS, subject_id=image_id, error=AizenError(why, code="no_picture"))
    _without_picture(image_id, why)


def _without_picture(image_id: uuid.UUID, why: str) -> None:
    row = db.session.execute(sa.select(Image.status, Image.ai_status).where(Image.id == image_id)).first()
    if row is None or row.status == "ready":
        return
    items.give_up(library.DESCRIPTION, subject_id=image_id, error=AizenError(why, code="no_picture"))
    failed = {"ai_status": "failed", "ai_error": "no_picture"} if row.ai_status == "pending" else {}
    library.change(image_id, status="failed", **failed)


def description_failed(image_id: uuid.UUID, error: AizenError, adapters: Adapters) -> None:
    """The open transaction says why the image has no description."""
    library.change(image_id, ai_status="failed", ai_error=error.code[:60])


def description_progress(image_id: uuid.UUID, state: str) -> None:
    """The open transaction shows whether a describer is at work."""
    library.change(image_id, ai_status=state)
