"""Where the bytes of pictures are kept: one interface, two adapters (a local disk, and any service that speaks S3).

Importing this package loads neither boto3 nor a disk adapter; ``open_storage`` loads the one that the settings ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

LONGEST_KEY = 512
LONGEST_ADDRESS_SECONDS = 7 * 24 * 3600

# Every component is also a file name on a local disk, so it is at most 255 bytes and does not begin with a dot: that rules out ``.`` and
# ``..``, and keeps the folder of files still being written apart from every key.
_COMPONENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}"
_KEY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")


@dataclass(frozen=True)
class StoredObject:
    """One object that is stored: its key, its length in bytes, and when it was last written (aware, UTC)."""

    key: str
    bytes: int
    modified_at: datetime


class Storage(Protocol):
    """Keeps objects by key, each of them whole or not at all.

    Every verb raises ``ValueError`` for a key that ``checked_key`` refuses, and ``Unavailable`` when the storage cannot be reached
    (code ``storage_unavailable``) or refuses us (code ``storage_misconfigured``, which waiting does not mend).
    """

    def put(self, key: str, content: BinaryIO | bytes, *, media_type: str, cache_control: str | None = None) -> None:
        """Store the content under the key, in place of what was there: whole, or not at all.

        A stream must be seekable; it is read from its start to its end in small pieces, and stays open. ``cache_control`` is the
        Cache-Control of every answer in which the storage itself sends the object. Raises ``OutOfSpace`` where the disk is full.
        """
        ...

    def open(self, key: str) -> BinaryIO:
        """Answer the object's bytes as a seekable stream that stands at its start; the caller closes it (``with``). Raises ``NotFound``."""
        ...

    def delete(self, key: str) -> None:
        """Leave no object under the key; that there was none is fine."""
        ...

    def withdraw(self, folder: str) -> bool:
        """Leave no object whose key lies in the folder, all at one stroke, and answer whether the storage can do that.

        The folder is named as a key is, without a slash at its end; that there was nothing in it is fine. A ``put`` that ends afterwards
        has stored its object, as always. S3 has no folders and does nothing: there whoever withdraws a folder has each object removed.
        """
        ...

    def size(self, key: str) -> int:
        """Answer the object's length in bytes. Raises ``NotFound``."""
        ...

    def path(self, key: str) -> Path | None:
        """Answer the file that holds the object, for sendfile and ranges, or None where no local file does. Raises ``NotFound``."""
        ...

    def address(self, key: str, *, seconds: int, media_type: str, disposition: str) -> str | None:
        """Answer a presigned URL at which the storage itself sends the bytes, or None where we have to send them.

        The URL works for at most ``seconds`` (1 to 604800) from now, and the answer carries the given Content-Type and
        Content-Disposition. Nothing is asked of the storage: whether the object exists shows when the URL is used.
        """
        ...

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        """Walk over every object whose key begins with the prefix, in no order. Slow: for ``flask doctor``, never for a request."""
        ...

    def check(self) -> None:
        """Return when an object could be stored now; else raise ``Unavailable`` or ``OutOfSpace``, within the time-outs."""
        ...

    def sweep_incoming(self, *, older_than_seconds: float = 3600) -> int:
        """Remove what killed processes left half-written or half-removed, if it is older than that, and answer how many of them went.

        No object is touched. The age keeps it from what is being written now: let it be longer than any upload takes.
        """
        ...


class StorageSettings(Protocol):
    """What ``open_storage`` reads of the settings. Without keys, boto3's own chain finds them (an instance's or a task's role)."""

    @property
    def storage(self) -> Literal["local", "s3"]: ...
    @property
    def media_root(self) -> Path: ...
    @property
    def s3_bucket_name(self) -> str | None: ...
    @property
    def s3_region(self) -> str | None: ...
    @property
    def aws_access_key_id(self) -> str | None: ...
    @property
    def aws_secret_access_key(self) -> str | None: ...
    @property
    def aws_s3_endpoint_url(self) -> str | None: ...
    @property
    def s3_public_endpoint_url(self) -> str | None: ...
    @property
    def s3_addressing_style(self) -> Literal["auto", "path", "virtual"]: ...
    @property
    def network_connect_seconds(self) -> float: ...
    @property
    def network_read_seconds(self) -> float: ...


def open_storage(settings: StorageSettings) -> Storage:
    """Answer the storage that the settings name, ready for use by many threads and by forked children; nothing is asked of it yet."""
    if settings.storage == "s3":
        from aizen.storage.s3 import S3Storage  # boto3 costs a third of a second, which a local installation need not pay

        if not settings.s3_bucket_name:
            raise ValueError("storage=s3 needs a bucket name")
        return S3Storage(
            settings.s3_bucket_name,
            region=settings.s3_region,
            access_key_id=settings.aws_access_key_id,
            secret_access_key=settings.aws_secret_access_key,
            endpoint_url=settings.aws_s3_endpoint_url,
            public_endpoint_url=settings.s3_public_endpoint_url,
            addressing_style=settings.s3_addressing_style,
            connect_seconds=settings.network_connect_seconds,
            read_seconds=settings.network_read_seconds,
        )
    from aizen.storage.local import LocalStorage

    return LocalStorage(settings.media_root)


def checked_key(key: str) -> str:
    """Answer the key itself when it is one: relative, of ``A-Z a-z 0-9 . _ - /``, at most 512 long, no component beginning with a dot.

    Raises ``ValueError`` else. The key is not repeated in the error: it may be hostile.
    """
    if len(key) > LONGEST_KEY or not _KEY.fullmatch(key):
        raise ValueError("not a storage key")
    return key


def checked_prefix(prefix: str) -> str:
    """Answer the prefix itself when it is empty or begins some key; raises ``ValueError`` else."""
    if prefix:
        checked_key(prefix.removesuffix("/"))
    return prefix
