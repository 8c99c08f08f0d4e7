"""Having an image painted: the painter's answer is a stranger's file, and passes the same intake as an upload."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from aizen.adapters import Adapters, image_limits
from aizen.ai import OFFLINE
from aizen.ai.painting import Order, Painted, Painter
from aizen.auth.models import User
from aizen.database import db, reading
from aizen.errors import Final, OutOfSpace, TooLarge, Unavailable, Unreadable, UnsupportedMedia
from aizen.generation import room
from aizen.images import expected, intake, library
from aizen.images.intake import StoredPicture
from aizen.images.models import Image
from aizen.imaging.provenance import ALGORITHMIC, TRAINED
from aizen.imaging.stamping import stamped
from aizen.storage.disk import disk_failure, passing_file, path_of
from aizen.web import addresses
from aizen.web.uploads import Upload
from aizen.work import breaker, ledger
from aizen.work.kinds import Lease, Record

# Percent, once a worker is at it: no painter says how far it is.
BEGUN = 10


def paint(lease: Lease, adapters: Adapters) -> Record:
    """A painter has answered and its picture is stored; what is answered makes it the image's.

    Raises TryAgain or Final, as the painters or the budgets have it, and Final (malformed_answer) for what is no picture that we keep.
    """
    image, settings = _waiting(lease.subject_id), adapters.settings
    # Raised as what it is: there is another try, once its owner has made room.
    room.require(image.owner_id, image.width, image.height, settings)
    order, call = _order(image), ledger.Call(library.GENERATION, image.owner_id, image.id)
    painted = breaker.first_answer(
        adapters.painters,
        lambda painter: ledger.asked(painter, call, lambda asked: asked.paint(order), settings=settings, model=_model(painter, order)),
        service=library.GENERATION,
        settings=settings,
        counted_as=lambda painter: _counted_as(painter, order),
    )
    stored = _taken_in(painted, image, adapters)
    return lambda: expected.arrive(stored, provider=painted.provider, model=painted.model, adapters=adapters)


def _model(painter: Painter, order: Order) -> str | None:
    """The model that this painter is asked for; None is its own, which the offline one has whatever was ordered."""
    return None if painter.name == OFFLINE else order.model


def _counted_as(painter: Painter, order: Order) -> str:
    """The painter's name, with a digest of a model that is not its own: whoever orders one that is gone shuts that one alone."""
    model = _model(painter, order)
    if model in (None, painter.model):
        return painter.name
    return f"{painter.name}/{hashlib.sha256(str(model).encode()).hexdigest()[:16]}"


def _waiting(image_id: uuid.UUID) -> Image:
    with reading():
        row: Any = db.session.execute(
            sa.select(Image, User.disabled_at)
            .join(User, User.id == Image.owner_id)
            .where(Image.id == image_id)
            .execution_options(populate_existing=True)
        ).first()
    if row is None:
        raise Final("The image is gone.", code="image_gone")
    image, has_left = row
    if has_left is not None:
        # Nothing more is paid for whoever has closed the account.
        raise Final("The account has been closed or disabled.", code="account_closed")
    assert isinstance(image, Image)
    return image


def _order(image: Image) -> Order:
    asked = image.generation or {}
    return Order(
        prompt=image.prompt or "",
        negative_prompt=asked.get("negative_prompt"),
        width=image.width,
        height=image.height,
        seed=asked["seed"],
        steps=asked.get("steps"),
        model=asked.get("model"),
    )


def _taken_in(painted: Painted, image: Image, adapters: Adapters) -> StoredPicture:
    settings = adapters.settings
    # No model has had a part in what the offline painter draws, and nobody is to be told that one had.
    source_type = ALGORITHMIC if painted.provider == OFFLINE else TRAINED
    with _painters_fault(), passing_file() as file:
        data = stamped(painted.data, image_limits(settings), source_type=source_type)
        if len(data) > settings.max_image_size:
            raise TooLarge(f"The file is larger than {settings.max_image_size} bytes.", code="file_too_large")
        try:
            file.write(data)
            file.seek(0)
        except OSError as error:
            raise disk_failure(error) from error
        upload = Upload(image.file_name, file, path_of(file), len(data), hashlib.sha256(data).hexdigest())
        return _stored(upload, image, adapters)


def _stored(upload: Upload, image: Image, adapters: Adapters) -> StoredPicture:
    """As ``intake.take_in``, tried for half of JOB_SECONDS while the storage is out or full: the picture has been paid for."""
    ends, pause = time.monotonic() + adapters.settings.job_seconds / 2, min(1.0, adapters.settings.job_retry_seconds)
    while True:
        try:
            return intake.take_in(upload, owner_id=image.owner_id, adapters=adapters, is_fetched=True, image_id=image.id)
        except (Unavailable, OutOfSpace):
            if time.monotonic() + pause >= ends:
                raise
        time.sleep(pause)
        pause *= 2
        upload.stream.seek(0)


@contextmanager
def _painters_fault() -> Iterator[None]:
    """What an upload would be refused for is the painter's fault here, not the user's."""
    try:
        yield
    except (UnsupportedMedia, Unreadable, TooLarge) as error:
        raise Final(f"The painter's answer is no image that is kept here: {error.detail}", code="malformed_answer") from error


# -- as the job is shown


def progress_of(_image_id: uuid.UUID) -> int:
    """How much of the work at hand is done, in percent."""
    return BEGUN


def image_of(image_id: uuid.UUID) -> uuid.UUID | None:
    """The image that the job brings, as long as it is there."""
    return db.session.scalar(sa.select(Image.id).where(Image.id == image_id))


def result_of(image_id: uuid.UUID, adapters: Adapters) -> dict[str, Any] | None:
    """What was painted; None where it is gone."""
    image = db.session.get(Image, image_id, populate_existing=True)
    if image is None or image.key is None:
        return None
    return {
        "id": str(image.id),
        "url": addresses.of_owner(adapters.settings, is_trashed=image.trashed_at is not None).url(image.key),
        "width": image.width,
        "height": image.height,
        "bytes": image.bytes,
        "format": image.format,
        **{name: (image.generation or {}).get(name) for name in ("seed", "provider", "model")},
    }
