"""Objects as files below one folder of a local disk.

A file is written aside, flushed to the disk and then renamed, so under a key there is the whole object or none, whatever was killed when.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from aizen.errors import NotFound, OutOfSpace, Unavailable
from aizen.storage import StoredObject, checked_key, checked_prefix
from aizen.storage.disk import disk_failure

_INCOMING = ".incoming"
_PIECE = 256 * 1024
# A delete may remove an empty folder between our making it and our renaming into it; each round needs another such delete.
_RENAME_ROUNDS = 50


class LocalStorage:
    """Keeps objects below ``root``, readable by the process's own user only (folders 0700, files 0600)."""

    def __init__(self, root: Path, *, spare_bytes: int = 32 * 1024 * 1024) -> None:
        """``check`` says that the disk is full when less than ``spare_bytes`` are free on it: the room of an upload and its variants."""
        self._root = root.absolute()
        self._incoming = self._root / _INCOMING
        self._spare_bytes = spare_bytes

    def put(self, key: str, content: BinaryIO | bytes, *, media_type: str, cache_control: str | None = None) -> None:
        """As ``Storage.put``; what is told of it is not kept: whoever sends it knows the image's row."""
        target = self._file(key)
        source = BytesIO(content) if isinstance(content, bytes) else content
        source.seek(0)
        aside = self._incoming / secrets.token_hex(16)
        try:
            self._make_folder(self._incoming)
            self._write(aside, source)
            self._rename(aside, target)
        except OSError as error:
            raise disk_failure(error) from error
        finally:
            with suppress(OSError):
                aside.unlink()

    def open(self, key: str) -> BinaryIO:
        path = self.path(key)
        try:
            return path.open("rb")
        except FileNotFoundError:  # deleted between the two lines
            raise NotFound from None
        except OSError as error:
            raise disk_failure(error) from error

    def delete(self, key: str) -> None:
        file = self._file(key)
        try:
            file.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise disk_failure(error) from error
        self._prune(file.parent)

    def withdraw(self, folder: str) -> bool:
        """As ``Storage.withdraw``: the folder is renamed aside, where a crash leaves the rest of it for ``sweep_incoming``."""
        withdrawn = self._root / checked_key(folder)
        aside = self._incoming / secrets.token_hex(16)
        try:
            self._make_folder(self._incoming)
            try:
                # With the slash a file is refused, in which no object lies.
                os.rename(f"{withdrawn}/", aside)  # noqa: PTH104 - a Path drops the slash
            except (FileNotFoundError, NotADirectoryError):
                return True
            _flush_folder(self._incoming)
            with suppress(FileNotFoundError):  # removed meanwhile, as it was empty
                _flush_folder(withdrawn.parent)
        except OSError as error:
            raise disk_failure(error) from error
        # A put that was on its way may still end in there, which keeps the folder: nobody finds it there, and the sweep will.
        with suppress(OSError):
            _remove_tree(aside)
        self._prune(withdrawn.parent)
        return True

    def size(self, key: str) -> int:
        try:
            return self.path(key).stat().st_size
        except FileNotFoundError:
            raise NotFound from None

    def path(self, key: str) -> Path:
        file = self._file(key)
        try:
            exists = file.is_file()
        except OSError as error:
            raise disk_failure(error) from error
        if not exists:
            raise NotFound
        return file

    def address(self, key: str, *, seconds: int, media_type: str, disposition: str) -> str | None:
        checked_key(key)
        return None

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        checked_prefix(prefix)
        for folder, folders, names in os.walk(self._root / prefix.rpartition("/")[0], onerror=_unless_gone):
            folders[:] = [name for name in folders if name != _INCOMING]
            for file in (Path(folder, name) for name in names):
                key = file.relative_to(self._root).as_posix()
                # ValueError: somebody else's file, whose name no key can have. FileNotFoundError: deleted while we walk.
                with suppress(ValueError, FileNotFoundError):
                    if checked_key(key).startswith(prefix):
                        state = file.stat()
                        yield StoredObject(key=key, bytes=state.st_size, modified_at=datetime.fromtimestamp(state.st_mtime, UTC))

    def check(self) -> None:
        """Return when a small file could be written and flushed and the spare room is there (``Storage.check``)."""
        probe = self._incoming / secrets.token_hex(16)
        try:
            self._make_folder(self._incoming)
            free = shutil.disk_usage(self._incoming).free
            self._write(probe, BytesIO(bytes(4096)))
        except OSError as error:
            raise disk_failure(error) from error
        finally:
            with suppress(OSError):
                probe.unlink()
        if free < self._spare_bytes:
            raise OutOfSpace

    def sweep_incoming(self, *, older_than_seconds: float = 3600) -> int:
        oldest = time.time() - older_than_seconds
        removed = 0
        try:
            for found in self._incoming.glob("*"):
                with suppress(FileNotFoundError):  # finished, or swept by another process
                    if found.stat().st_mtime <= oldest:
                        _remove_tree(found) if found.is_dir() else found.unlink()
                        removed += 1
        except OSError as error:
            raise disk_failure(error) from error
        return removed

    def _file(self, key: str) -> Path:
        return self._root / checked_key(key)

    def _write(self, file: Path, source: BinaryIO) -> None:
        """Leave the source's bytes in a new file, on the disk and not only in the page cache."""
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb", buffering=0) as target:  # noqa: PTH123 - from a descriptor, for the mode
            while piece := source.read(_PIECE):
                view = memoryview(piece)
                while view:
                    view = view[target.write(view) :]
            os.fsync(descriptor)

    def _rename(self, aside: Path, target: Path) -> None:
        for _ in range(_RENAME_ROUNDS):
            with suppress(FileNotFoundError):
                self._make_folder(target.parent)
                aside.replace(target)
                break
        else:
            raise Unavailable(code="storage_unavailable")
        with suppress(FileNotFoundError):  # deleted again already, and its folder with it
            _flush_folder(target.parent)

    def _make_folder(self, folder: Path) -> None:
        """Leave the folder and all above it up to the root in existence and on the disk, each 0700 where it is new."""
        if folder.is_dir():
            return
        if folder == self._root:
            folder.parent.mkdir(parents=True, exist_ok=True)
        else:
            self._make_folder(folder.parent)
        with suppress(FileExistsError):  # not exist_ok, which fails where the folder is removed between mkdir and its own second look
            folder.mkdir(mode=0o700)
        _flush_folder(folder.parent)

    def _prune(self, folder: Path) -> None:
        """Remove the folder and those above it as far as they are empty; rmdir itself refuses one that is not, so no race loses a file."""
        with suppress(OSError):
            while folder != self._root:
                folder.rmdir()
                folder = folder.parent


def _unless_gone(error: OSError) -> None:
    """Make a walk stop at a folder that cannot be read: a listing that leaves it out would call its objects missing."""
    if not isinstance(error, FileNotFoundError):
        raise disk_failure(error) from error


def _remove_tree(folder: Path) -> None:
    """Leave nothing of the folder; another process may be at it too."""

    def unless_gone(_verb: object, _path: str, told: tuple[type[BaseException], BaseException, TracebackType]) -> None:
        if not isinstance(told[1], FileNotFoundError):
            raise told[1]

    shutil.rmtree(folder, onerror=unless_gone)


def _flush_folder(folder: Path) -> None:
    """Make names in the folder outlive a power cut: a rename is on the disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
