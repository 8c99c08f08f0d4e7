"""The stored files of images: whose they are, and how their bytes are had on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.auth import closing
from aizen.auth.models import User
from aizen.database import db, reading
from aizen.errors import NotFound
from aizen.images.models import DerivedFile, Image, Variant
from aizen.storage.disk import lasting_path_of, passing_file, path_of


def by_key(key: str) -> tuple[Image, Variant | DerivedFile | None]:
    """The image that the stored object belongs to, and which of the files made of it the object is; None is the original.

    Raises NotFound when it belongs to none, or to somebody who has closed their account. Of a disabled one it is found: they are given
    no new addresses, while administrators have to see what it is about.
    """
    owned = sa.select(Image).join(User, sa.and_(User.id == Image.owner_id, ~closing.is_closed()))
    with reading():
        image = db.session.scalar(owned.where(Image.key == key))
        if image is not None:
            return image, None
        for made in (Variant, DerivedFile):
            row = db.session.execute(owned.join(made, made.image_id == Image.id).add_columns(made).where(made.key == key)).first()
            if row is not None:
                return row[0], row[1]
    raise NotFound


@contextmanager
def local_file(key: str, adapters: Adapters) -> Iterator[str]:
    """The path of the stored object as a file of this machine, for as long as the block runs, even if it is deleted meanwhile.

    Any process of this user can open it. Raises NotFound.
    """
    path = adapters.storage.path(key)
    if path is None:
        with adapters.storage.open(key) as source, passing_file() as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            yield path_of(copy)
        return
    try:
        held = path.open("rb")
    except FileNotFoundError:  # deleted since the storage was asked
        raise NotFound from None
    with held:
        yield lasting_path_of(held)
