"""Taking an image in: it is decoded whole, named, and stored under a key that goes away again unless a row comes to own it."""

from __future__ import annotations

import re
import secrets
import unicodedata
import uuid
from dataclasses import dataclass
from typing import BinaryIO, cast

from aizen.adapters import Adapters
from aizen.database import new_id
from aizen.errors import AizenError, Unavailable
from aizen.imaging import Picture
from aizen.web.uploads import Upload
from aizen.work import removals

LONGEST_NAME = 255
LONGEST_KEY_NAME = 80


@dataclass(frozen=True)
class StoredPicture:
    """A picture in the storage that belongs to nobody yet."""

    image_id: uuid.UUID
    owner_id: uuid.UUID
    key: str
    file_name: str
    picture: Picture
    bytes: int
    sha256: str


def take_in(upload: Upload, *, owner_id: uuid.UUID, adapters: Adapters) -> StoredPicture:
    """The picture is checked and stored; without a row that keeps it, the clock removes it again.

    Raises UnsupportedMedia, TooLarge or Unreadable for what is no picture of ours, Unavailable or OutOfSpace where it cannot be stored.
    """
    picture = adapters.decoder.inspect(upload.path)
    image_id = new_id()
    file_name = clean_file_name(upload.file_name)
    key = f"images/{owner_id}/{image_id}-{secrets.token_hex(4)}_{key_name(file_name)}"
    removals.reserve([key], adapters.settings)
    try:
        adapters.storage.put(key, cast(BinaryIO, upload.stream), media_type=picture.media_type)
    except AizenError as error:
        removals.give_up([key], adapters.settings, settled=not isinstance(error, Unavailable))
        raise
    return StoredPicture(image_id, owner_id, key, file_name, picture, upload.bytes, upload.sha256)


def clean_file_name(given: str) -> str:
    """The last part of what the client calls the file: printable, without marks that turn the direction, at most 255 characters."""
    # The end alone: making the normal form takes time by the square of a run of marks.
    name = re.split(r"[/\\]", given[-4 * LONGEST_NAME :])[-1]
    name = unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode())
    # Categories C*: control, format (the marks that turn the reading direction), surrogate, private use, unassigned.
    name = "".join(character for character in name if not unicodedata.category(character).startswith("C"))
    name = " ".join(name.split()).strip(". ")
    if len(name) > LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: LONGEST_NAME - 1 - len(ending)]}.{ending}" if dot and len(ending) <= 10 else name[:LONGEST_NAME]
    return name or "image"


def key_name(file_name: str) -> str:
    """``file_name`` in the ASCII of a storage key, at most 80 characters, with its ending."""
    plain = unicodedata.normalize("NFKD", file_name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip(".-") or "image"
    return plain if len(plain) <= LONGEST_KEY_NAME else plain[-LONGEST_KEY_NAME:].lstrip(".-")


def give_up(stored: StoredPicture, adapters: Adapters) -> None:
    """The stored picture will belong to nobody: the clock's next tick removes it."""
    removals.give_up([stored.key], adapters.settings, settled=True)
