"""Having an image described: the describer looks at a small level and at measured facts, never at the original."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.ai import OFFLINE, Answer, Describer, Sight
from aizen.auth.models import User
from aizen.database import db, reading
from aizen.errors import Final, NotFound
from aizen.images import library
from aizen.images.models import Image, Variant
from aizen.imaging.measuring import bounded_jpeg
from aizen.work import breaker, items, ledger
from aizen.work.kinds import Lease, Record

# Enough for a model to see what a person sees, and a few cents less than the original.
LONGEST_SIDE = 1024
QUALITY = 85


def describe(lease: Lease, adapters: Adapters) -> Record:
    """A describer has answered; what is answered here records it. Raises TryAgain or Final, as the describers or the budgets have it."""
    with reading():
        image = db.session.get(Image, lease.subject_id, populate_existing=True)
        has_left = db.session.scalar(sa.select(User.disabled_at).join(Image, Image.owner_id == User.id).where(Image.id == lease.subject_id))
        levels = list(
            db.session.scalars(
                sa.select(Variant).where(Variant.image_id == lease.subject_id, Variant.format.in_(("jpeg", "png"))).order_by(Variant.width)
            )
        )
    if image is None or image.measurements is None or not levels:
        raise Final("There is no picture to look at.", code="no_picture")
    if has_left is not None:
        # Whoever closes the account has nothing more of theirs shown to anybody outside.
        raise Final("The account has been closed or disabled.", code="account_closed")
    sight = _sight(image, _level(levels), adapters)
    call, settings = ledger.Call(library.DESCRIPTION, lease.owner_id, image.id), adapters.settings
    answer = breaker.first_answer(
        _fitting(adapters.describers, image),
        lambda describer: ledger.asked(describer, call, lambda asked: asked.describe(sight), settings=settings),
        service=library.DESCRIPTION,
        settings=settings,
    )
    return lambda: _record(image, answer)


def _fitting(describers: Sequence[Describer], image: Image) -> Sequence[Describer]:
    """All of them; but where a model has looked once, measured facts take its place only if there is no model to be asked any more."""
    if image.ai_provider in (None, OFFLINE):
        return describers
    return [each for each in describers if each.name != OFFLINE] or describers


def _level(levels: list[Variant]) -> Variant:
    """The smallest level that fills the bound, else the largest there is."""
    return next((level for level in levels if max(level.width, level.height) >= LONGEST_SIDE), levels[-1])


def _sight(image: Image, level: Variant, adapters: Adapters) -> Sight:
    try:
        with adapters.storage.open(level.key) as stored:
            data = stored.read()
    except NotFound:
        raise Final("The picture is not in the storage any more.", code="no_picture") from None
    measured = image.measurements or {}
    return Sight(
        jpeg=bounded_jpeg(data, max_side=LONGEST_SIDE, quality=QUALITY),
        width=image.width,
        height=image.height,
        orientation=measured["orientation"],
        brightness=measured["brightness"],
        colors=tuple((color, share) for color, share in measured["colors"]),
        is_photograph=measured["kind"] == "photograph",
        detail=measured["detail"],
        frames=image.frames,
        has_alpha=image.has_alpha,
    )


def _record(image: Image, answer: Answer) -> None:
    try:
        library.described(
            image.id,
            ai_description=answer.description,
            ai_alt=answer.alt,
            ai_tags=list(answer.tags),
            ai_provider=answer.provider,
            ai_model=answer.model,
        )
    except NotFound:
        raise items.LeaseLost from None
