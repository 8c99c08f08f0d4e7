"""Transformations that are put off: ordered in a request, carried out by a worker, and forgotten after a while."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.database import changed_rows, db, new_id, reading, transaction, utc_now
from aizen.errors import AizenError, Final, Invalid, NotFound, TryAgain
from aizen.images.library import require_there
from aizen.images.models import DerivedFile, Image
from aizen.transformations import presenting, rendering, saving
from aizen.transformations.models import Transformation
from aizen.transformations.planning import Plan, Wish
from aizen.transformations.recipe import LanguageLimits, read_url
from aizen.web.idempotency import Once, remember
from aizen.work import items
from aizen.work.kinds import Lease, Record
from aizen.work.models import WorkItem

TRANSFORMATION = "transformation"
# Percent, once a worker is at it: a rendering does not know how far it is.
BEGUN = 10
# What was read once is read again, whatever the limits of requests have become meanwhile.
_ANY = LanguageLimits(max_steps=1000, max_parameters=1000, max_side=65_535, max_characters=1_000_000)


def price(plan: Plan) -> int:
    """The megapixels that an order of the plan counts as: also of what is there, as the order is kept, and a worker asked to look."""
    return plan.megapixels if plan.found is None else 1


def put_off(plan: Plan, *, save: bool, use: Once | None, adapters: Adapters) -> uuid.UUID:
    """The plan's wish is ordered, and a worker will hear of it; what is answered is the id of its piece of work. Raises NotFound."""
    wish, order_id = plan.wish, new_id()
    values = {
        "id": order_id,
        "image_id": wish.image_id,
        "owner_id": wish.owner_id,
        "recipe": str(wish.parsed.recipe),
        "save": save,
        "strict": wish.strict,
        # What the client reads has been decided.
        "reads": plan.format,
        "progress": 0,
        "warnings": [],
        "created_at": utc_now(),
    }
    with transaction():
        require_there(wish.image_id, wish.owner_id)
        db.session.execute(sa.insert(Transformation).values(values))
        item_id = items.put_off(TRANSFORMATION, subject_id=order_id, owner_id=wish.owner_id, adapters=adapters)
        remember(use, item_id)
    return item_id


def carry_out(lease: Lease, adapters: Adapters) -> Record:
    """The order's picture is stored; what is answered records what came of it. Raises Final for what will never succeed."""
    with reading():
        order = db.session.get(Transformation, lease.subject_id, populate_existing=True)
    if order is None:
        raise Final("The image is gone.", code="image_gone")
    wish = Wish(
        image_id=order.image_id,
        owner_id=order.owner_id,
        parsed=read_url(order.recipe, {}, limits=_ANY),
        reads=order.reads,
        reads_moving=order.reads,
        strict=order.strict,
    )
    try:
        return _saved(order.id, wish, adapters) if order.save else _derived(order.id, wish, adapters)
    except Invalid as error:
        raise _told_in_one_sentence(error) from error
    except NotFound:
        raise Final("The image is gone.", code="image_gone") from None


def _derived(order_id: uuid.UUID, wish: Wish, adapters: Adapters) -> Record:
    made = rendering.derive(wish, adapters)
    return lambda: _record(order_id, wish, derived_file_id=made.file.id)


def _saved(order_id: uuid.UUID, wish: Wish, adapters: Adapters) -> Record:
    made = saving.take_in(wish, adapters)

    def record() -> None:
        try:
            shown = saving.add(made, use=None, adapters=adapters)
        except NotFound:
            raise items.LeaseLost from None
        _record(order_id, wish, saved_image_id=shown.image.id, warnings=list(made.warnings))

    return record


def _record(order_id: uuid.UUID, wish: Wish, **result: Any) -> None:
    try:
        # Before the order, and the file that it names: in this order they go with the image.
        require_there(wish.image_id, wish.owner_id)
    except NotFound:
        raise items.LeaseLost from None
    if "derived_file_id" in result:
        _require_kept(result["derived_file_id"])
    if changed_rows(sa.update(Transformation).where(Transformation.id == order_id).values(progress=100, **result)) != 1:
        raise items.LeaseLost


def _require_kept(file_id: uuid.UUID) -> None:
    """Until the open transaction ends the file stays. Raises TryAgain where it has gone since it was made: another may not."""
    found = sa.select(DerivedFile.id).where(DerivedFile.id == file_id).with_for_update(read=True, key_share=True)
    if db.session.scalar(found) is None:
        raise TryAgain("What was made has been removed again meanwhile.", code="file_gone", retry_after=1)


def _told_in_one_sentence(error: Invalid) -> Final:
    """A piece of work has one code and one sentence: those of the first field."""
    first = error.errors[0] if error.errors else error
    return Final(first.detail, code=first.code)


def show_progress(order_id: uuid.UUID, state: str) -> None:
    """The open transaction shows whether a worker has begun. Raises NotFound for an order that went with its image: so does the work."""
    progress = BEGUN if state == "working" else 0
    if changed_rows(sa.update(Transformation).where(Transformation.id == order_id).values(progress=progress)) != 1:
        raise NotFound


def failed(order_id: uuid.UUID, _error: AizenError, _adapters: Adapters) -> None:
    """The item says why. Raises NotFound for an order that went with its image."""
    show_progress(order_id, "failed")


def cancel(order_id: uuid.UUID, _adapters: Adapters) -> None:
    """The open transaction leaves nothing of the order; what came of it stays."""
    db.session.execute(sa.delete(Transformation).where(Transformation.id == order_id))


def image_of(order_id: uuid.UUID) -> uuid.UUID | None:
    """The image that the order is about."""
    return db.session.scalar(sa.select(Transformation.image_id).where(Transformation.id == order_id))


def progress_of(order_id: uuid.UUID) -> int:
    """How much is done, in percent."""
    return db.session.scalar(sa.select(Transformation.progress).where(Transformation.id == order_id)) or 0


def result_of(order_id: uuid.UUID, adapters: Adapters) -> dict[str, Any] | None:
    """What is answered of a transformation at once, by an order that is done; None where what came of it is gone."""
    source = sa.inspect(Image).local_table.alias("source")
    row: Any = db.session.execute(
        sa.select(Transformation, DerivedFile, Image, source.c.trashed_at)
        .join(source, source.c.id == Transformation.image_id)
        .outerjoin(DerivedFile, DerivedFile.id == Transformation.derived_file_id)
        .outerjoin(Image, Image.id == Transformation.saved_image_id)
        .where(Transformation.id == order_id)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        return None
    order, derived, saved, trashed_at = row
    if derived is not None:
        is_trashed = trashed_at is not None
        return presenting.derived(derived, recipe=order.recipe, cached=False, settings=adapters.settings, is_trashed=is_trashed)
    return None if saved is None else presenting.saved(saved, cached=False, warnings=order.warnings, settings=adapters.settings)


def forget_old(adapters: Adapters) -> int:
    """How many orders were older than ``job_result_seconds`` and are forgotten, with the work on them."""
    oldest = utc_now() - timedelta(seconds=adapters.settings.job_result_seconds)
    with transaction():
        # The work of orders that went with their images has no other end.
        db.session.execute(sa.delete(WorkItem).where(WorkItem.kind == TRANSFORMATION, WorkItem.created_at < oldest))
        return changed_rows(sa.delete(Transformation).where(Transformation.created_at < oldest))
