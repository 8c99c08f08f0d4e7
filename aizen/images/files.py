"""The stored files of images: whose they are, and how their bytes are had on this machine."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.auth import closing
from aizen.auth.models import User
from aizen.database import db, reading
from aizen.errors import NotFound
from aizen.images.models import DerivedFile, Image, Variant
from aizen.storage.disk import lasting_path_of, passing_file, path_of

# In the place of the owner's folder, in addresses for everybody.
PUBLIC_FOLDER = "public/"


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


def public_name(key: str) -> str:
    """What a variant is called in addresses for everybody: its key without the folder that is called after its owner."""
    return PUBLIC_FOLDER + key.split("/", 2)[2]


def by_public_name(name: str) -> Variant:
    """The variant that an address for everybody opens. Raises NotFound: also for a private image, and for one of a disabled owner."""
    rest = name.removeprefix(PUBLIC_FOLDER)
    image_id, _, path = rest.partition("/")
    with suppress(ValueError), reading():
        found = db.session.execute(
            sa.select(Variant, Image.owner_id)
            .join(Image, Image.id == Variant.image_id)
            .join(User, sa.and_(User.id == Image.owner_id, User.disabled_at.is_(None)))
            .where(Image.id == uuid.UUID(image_id), Image.visibility != "private", Variant.role == "variant")
            .where(Variant.name == path.rpartition("/")[2])
        ).first()
        if found is not None and found.Variant.key == f"images/{found.owner_id}/{rest}":
            return cast(Variant, found.Variant)
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
