"""Gates: places in a web process or a worker where it halts until the test lets it pass, so that the moment of a fault is chosen, not met.

They are put in by handing the product its own parts wrapped (a storage, a kind of work); nothing of it is patched. A gate is shut while the
file ``shut-NAME`` is in the gates' folder. Whoever arrives at a shut gate leaves a file ``NAME-at-PID``.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from aizen.adapters import Adapters
from aizen.database import db, reading
from aizen.images.models import Image
from aizen.storage import Storage, StoredObject
from aizen.work.kinds import Kind, Lease, Record
from tests.faults.parts import is_running
from tests.faults.waiting import eventually

FOLDER_VARIABLE = "TEST_GATES"
# A picture of this file name kills the process that works on it, for as long as the poison is there.
POISONOUS = "poison.jpeg"
LONGEST_HALT_SECONDS = 60.0


class Gates:
    """The gates of one installation, seen by the test and by the processes alike."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def from_environ(cls) -> Gates:
        return cls(Path(os.environ[FOLDER_VARIABLE]))

    def pass_through(self, name: str) -> None:
        """For a process: go on at once, or when the gate is opened."""
        shut = self._folder / f"shut-{name}"
        if not shut.exists():
            return
        # The time of a halt is the test's and not the job's, whose own alarm is held meanwhile.
        seconds_left = signal.alarm(0)
        mark = self._folder / f"{name}-at-{os.getpid()}"
        mark.touch()
        eventually(lambda: not shut.exists(), what=f"the test opens the gate {name}", seconds=LONGEST_HALT_SECONDS)
        mark.unlink(missing_ok=True)
        signal.alarm(seconds_left)

    def shut(self, name: str) -> None:
        (self._folder / f"shut-{name}").touch()

    def open(self, name: str) -> None:
        (self._folder / f"shut-{name}").unlink(missing_ok=True)

    def open_all(self) -> None:
        """Everything passes, and no poison is left."""
        for file in self._folder.iterdir():
            file.unlink(missing_ok=True)

    def arrived(self, name: str) -> list[int]:
        """The process ids of all that stand before the gate."""
        found = (int(mark.name.rpartition("-")[2]) for mark in self._folder.glob(f"{name}-at-*"))
        return sorted(pid for pid in found if is_running(pid))

    def wait_for_one(self, name: str, *, seconds: float = 20.0) -> int:
        """The process that stands before the gate, as soon as there is one."""
        return eventually(lambda: self.arrived(name), what=f"a process arrives at the gate {name}", seconds=seconds)[0]

    def pour_poison(self) -> None:
        (self._folder / "poison").touch()

    def remove_poison(self) -> None:
        (self._folder / "poison").unlink(missing_ok=True)

    @property
    def is_poisoned(self) -> bool:
        return (self._folder / "poison").exists()

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """The gate is shut inside the block."""
        self.shut(name)
        try:
            yield
        finally:
            self.open(name)


class _Halting:
    """A stream with a gate behind its first piece."""

    def __init__(self, stream: BinaryIO, gates: Gates) -> None:
        self._stream = stream
        self._gates = gates

    def read(self, size: int = -1) -> bytes:
        begun = self._stream.tell() > 0
        if begun:
            self._gates.pass_through("mid-put")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


class GatedStorage:
    """The real storage with gates before each object is written, in the middle of that, and after it."""

    def __init__(self, storage: Storage, gates: Gates) -> None:
        self._storage = storage
        self._gates = gates

    def put(self, key: str, content: BinaryIO | bytes, *, media_type: str, cache_control: str | None = None) -> None:
        self._gates.pass_through("before-put")
        stream = _Halting(BytesIO(content) if isinstance(content, bytes) else content, self._gates)
        self._storage.put(key, cast(BinaryIO, stream), media_type=media_type, cache_control=cache_control)
        self._gates.pass_through("after-put")

    def open(self, key: str) -> BinaryIO:
        return self._storage.open(key)

    def delete(self, key: str) -> None:
        self._storage.delete(key)

    def withdraw(self, folder: str) -> bool:
        return self._storage.withdraw(folder)

    def size(self, key: str) -> int:
        return self._storage.size(key)

    def path(self, key: str) -> Path | None:
        return self._storage.path(key)

    def address(self, key: str, *, seconds: int, media_type: str, disposition: str) -> str | None:
        return self._storage.address(key, seconds=seconds, media_type=media_type, disposition=disposition)

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        return self._storage.objects(prefix)

    def check(self) -> None:
        self._storage.check()

    def sweep_incoming(self, *, older_than_seconds: float = 3600) -> int:
        return self._storage.sweep_incoming(older_than_seconds=older_than_seconds)


def gated(adapters: Adapters, gates: Gates) -> Adapters:
    """The same adapters, but for the gates around the storage."""
    return replace(adapters, storage=GatedStorage(adapters.storage, gates))


def gated_kind(kind: Kind, gates: Gates) -> Kind:
    """The same kind, with a gate after its claim and one before its record, and with a death for poisonous pictures."""

    def run(lease: Lease, adapters: Adapters) -> Record:
        gates.pass_through(f"{kind.name}-claimed")
        if gates.is_poisoned and _is_poisonous(lease):
            os.kill(os.getpid(), signal.SIGKILL)
        record = kind.run(lease, adapters)
        gates.pass_through(f"{kind.name}-done")
        return record

    return replace(kind, run=run)


def _is_poisonous(lease: Lease) -> bool:
    with reading():
        image = db.session.get(Image, lease.subject_id, populate_existing=True)
    return image is not None and image.file_name == POISONOUS
