"""The files that transformations make of an image: where they lie, and how all of an image's are gone at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial

import sqlalchemy as sa
import structlog

from aizen.adapters import Adapters
from aizen.database import after_commit, db, reading, transaction
from aizen.errors import AizenError, NotFound
from aizen.images.models import DerivedFile
from aizen.work import removals

log = structlog.get_logger(__name__)

# What anybody may see stands apart: whoever sends a file again need only know in which of the two it lies.
PUBLIC_FOLDER = "derived/public"
PRIVATE_FOLDER = "derived/private"


def folder_of(visibility: str) -> str:
    """Where the files of an image that is so visible are kept, each in a folder of its image's id."""
    return PUBLIC_FOLDER if visibility == "public" else PRIVATE_FOLDER


def moves(before: str, after: str) -> bool:
    """Whether what was made of an image may not stay where it lies when its visibility changes so."""
    return folder_of(before) != folder_of(after)


def forget(image_id: uuid.UUID, adapters: Adapters) -> None:
    """The open transaction, which has locked the image, leaves no file that was made of it; once it stands, none can be opened."""
    drop([image_id], adapters)
    after_commit(partial(_withdraw_whole, image_id, adapters))
    after_commit(partial(_forget_lost, image_id, adapters))


def drop(image_ids: Sequence[uuid.UUID], adapters: Adapters) -> None:
    """The open transaction leaves no row of a file that was made of these images, and the clock removes the objects."""
    made = DerivedFile.image_id.in_(image_ids)
    removals.remove_found(sa.select(DerivedFile.key).where(made), adapters.settings)
    db.session.execute(sa.delete(DerivedFile).where(made), execution_options={"synchronize_session": False})


def withdraw(image_ids: Iterable[uuid.UUID], adapters: Adapters) -> None:
    """Once the open transaction stands, and before it is answered, the folders of these images are gone, where the storage has folders.

    That a disk refuses is logged, for the change stands: then the clock's next tick removes the files.
    """
    for image_id in image_ids:
        after_commit(partial(_withdraw, image_id, adapters))


def _folders(image_id: uuid.UUID) -> tuple[str, str]:
    return f"{PUBLIC_FOLDER}/{image_id}", f"{PRIVATE_FOLDER}/{image_id}"


def _withdraw(image_id: uuid.UUID, adapters: Adapters) -> bool:
    """Whether everything in the folders is gone now."""
    gone = True
    for folder in _folders(image_id):
        try:
            gone &= adapters.storage.withdraw(folder)
        except AizenError as error:
            log.warning("folder left to the clock", key=folder, code=error.code)
            gone = False
    return gone


def _withdraw_whole(image_id: uuid.UUID, adapters: Adapters) -> None:
    """What went with the folders need not be removed by the clock: it may be made again at once, if the image comes to look so again."""
    if _withdraw(image_id, adapters):
        with suppress(AizenError), transaction():
            for folder in _folders(image_id):
                removals.settle(folder)


def _forget_lost(image_id: uuid.UUID, adapters: Adapters) -> None:
    """No row is left of a file that went with the folder although it was made since the change, of the image as it is now.

    Whoever records one from now on looks whether it is there.
    """
    with suppress(AizenError):
        with reading():
            found = list(db.session.execute(sa.select(DerivedFile.id, DerivedFile.key).where(DerivedFile.image_id == image_id)))
        for row in found:
            if not is_there(row.key, adapters):
                forget_one(row.id)


def is_there(key: str, adapters: Adapters) -> bool:
    """Whether the file has not been withdrawn. Where nothing can be withdrawn, nothing is asked, and it has not."""
    try:
        adapters.storage.path(key)
    except NotFound:
        return False
    return True


def forget_one(file_id: uuid.UUID) -> None:
    """There is no such file any more: its object is lost."""
    with transaction():
        db.session.execute(sa.delete(DerivedFile).where(DerivedFile.id == file_id))
