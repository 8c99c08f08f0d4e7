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
# The first is the one that a name without any gets.
_ENDINGS = {"jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"), "png": (".png",), "gif": (".gif",), "webp": (".webp",), "avif": (".avif",)}


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


def take_in(
    upload: Upload, *, owner_id: uuid.UUID, adapters: Adapters, is_fetched: bool = False, image_id: uuid.UUID | None = None
) -> StoredPicture:
    """The picture is checked and stored; without a row that keeps it, the clock removes it again.

    What a person sends keeps the name that it has on their disk. What is fetched gets its name from whoever serves it, who may name a page,
    a script, or another format than they send: there the ending is made to say what it is. An image that was expected has an ``image_id``.

    Raises UnsupportedMedia, TooLarge or Unreadable for what is no picture of ours, Unavailable or OutOfSpace where it cannot be stored.
    """
    picture = adapters.decoder.inspect(upload.path)
    image_id = image_id or new_id()
    file_name = clean_file_name(upload.file_name)
    if is_fetched:
        file_name = with_ending_of(picture.format, file_name)
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


def with_ending_of(form: str, file_name: str) -> str:
    """``file_name`` with an ending of that format, in place of another format's if it has one; still at most 255 characters."""
    own = _ENDINGS[form]
    if file_name.lower().endswith(own):
        return file_name
    stem, dot, ending = file_name.rpartition(".")
    is_of_another = any(dot + ending.lower() in endings for endings in _ENDINGS.values())
    return (stem if is_of_another else file_name)[: LONGEST_NAME - len(own[0])] + own[0]


def key_name(file_name: str) -> str:
    """``file_name`` in the ASCII of a storage key, at most 80 characters, with its ending."""
    plain = unicodedata.normalize("NFKD", file_name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip(".-") or "image"
    return plain if len(plain) <= LONGEST_KEY_NAME else plain[-LONGEST_KEY_NAME:].lstrip(".-")


def give_up(stored: StoredPicture, adapters: Adapters) -> None:
    """The stored picture will belong to nobody: the clock's next tick removes it."""
    removals.give_up([stored.key], adapters.settings, settled=True)
