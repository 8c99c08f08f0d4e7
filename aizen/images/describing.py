"""Having an image described: the describer looks at a small level and at measured facts, never at the original."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.ai import OFFLINE, Answer, Describer, Sight
from aizen.auth.models import User
from aizen.database import db, reading, transaction
from aizen.errors import Final, NotFound, TryAgain
from aizen.images import library, processing, twins
from aizen.images.models import Image, Variant
from aizen.imaging.measuring import bounded_jpeg
from aizen.work import breaker, items, ledger
from aizen.work.kinds import Lease, Record

# Enough for a model to see what a person sees, and a few cents less than the original.
LONGEST_SIDE = 1024
QUALITY = 85
# Seconds, where nothing but our own pace asks for more.
SHORT_PAUSE = 2.0


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
    said = _said_of_an_equal(image, lease, adapters)
    if said is not None:
        return lambda: _record(image.id, said)
    sight = _sight(image, _level(levels), adapters)
    call, settings = ledger.Call(library.DESCRIPTION, lease.owner_id, image.id), adapters.settings
    answer = breaker.first_answer(
        _fitting(adapters.describers, image),
        lambda describer: ledger.asked(describer, call, lambda asked: asked.describe(sight), settings=settings),
        service=library.DESCRIPTION,
        settings=settings,
    )
    return lambda: _record(image.id, _columns(answer))


def _said_of_an_equal(image: Image, lease: Lease, adapters: Adapters) -> dict[str, Any] | None:
    """What a model has said of an image with the same bytes; None where one is to be asked.

    Raises TryAgain where one is being asked at this moment. The last try waits for nobody.
    """
    with reading():
        is_alone = not twins.are_there(image)
    if is_alone or image.wants_own_description or image.ai_provider not in (None, OFFLINE):
        return None
    may_wait = lease.attempts < adapters.settings.job_attempts and any(each.name != OFFLINE for each in adapters.describers)
    with transaction():
        # In this order: one that ends meanwhile has been described then.
        waits = may_wait and twins.others_at_a_describer(image)
        said = twins.said(image.owner_id, image.sha256)
        if waits and said is None:
            # At once, as the others wait for us else.
            processing.description_progress(image.id, "pending")
    if waits and said is None:
        raise TryAgain("An image with the same bytes is being described.", code="twin_is_described", retry_after=SHORT_PAUSE)
    return said


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


def _columns(answer: Answer) -> dict[str, Any]:
    return {
        "ai_description": answer.description,
        "ai_alt": answer.alt,
        "ai_tags": list(answer.tags),
        "ai_provider": answer.provider,
        "ai_model": answer.model,
    }


def _record(image_id: uuid.UUID, said: dict[str, Any]) -> None:
    try:
        processing.described(image_id, **said)
    except NotFound:
        raise items.LeaseLost from None
