"""What every storage does, the fake of the other tests included."""

from __future__ import annotations

import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO, RawIOBase
from itertools import product
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from aizen.errors import NotFound
from aizen.storage import Storage
from aizen.storage.local import LocalStorage
from aizen.storage.s3 import S3Storage
from tests.services.s3 import S3Server
from tests.storage.memory import MemoryStorage


@pytest.fixture(params=["local", "memory", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "local":
        return LocalStorage(tmp_path / "media")
    if request.param == "memory":
        return MemoryStorage()
    server: S3Server = request.getfixturevalue("s3_server")
    server.empty()
    storage: S3Storage = request.getfixturevalue("s3_storage")
    return storage


class BrokenOffError(Exception):
    pass


class BreaksOff(RawIOBase):
    """A stream that fails after its first piece, as a spool file on a failing disk does."""

    def __init__(self) -> None:
        self._pieces = 0

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._pieces = 0
        return 0

    def read(self, size: int = -1) -> bytes:
        self._pieces += 1
        if self._pieces > 1 or size < 0:
            raise BrokenOffError
        return b"a first piece"


def read(storage: Storage, key: str) -> bytes:
    with storage.open(key) as stream:
        return stream.read()


@pytest.mark.parametrize("content", [b"", b"a picture", bytes(range(256)) * 8192], ids=["empty", "small", "2 MiB"])
def test_what_was_put_is_read_again(storage: Storage, content: bytes) -> None:
    storage.put("images/1/a.jpeg", content, media_type="image/jpeg")
    assert read(storage, "images/1/a.jpeg") == content
    assert storage.size("images/1/a.jpeg") == len(content)


def test_a_stream_is_stored_from_its_start_wherever_it_stands_and_stays_open(storage: Storage) -> None:
    stream = BytesIO(b"a picture")
    stream.seek(5)
    storage.put("images/a.jpeg", stream, media_type="image/jpeg")
    assert read(storage, "images/a.jpeg") == b"a picture"
    assert not stream.closed


def test_an_opened_object_can_be_read_from_any_place(storage: Storage) -> None:
    storage.put("images/a.jpeg", b"a picture", media_type="image/jpeg")
    with storage.open("images/a.jpeg") as stream:
        assert stream.seek(2) == 2
        assert stream.read(4) == b"pict"
        stream.seek(0)
        assert stream.read() == b"a picture"


def test_a_second_put_takes_the_place_of_the_first(storage: Storage) -> None:
    storage.put("a", b"a long first version", media_type="image/png")
    storage.put("a", b"short", media_type="image/png")
    assert read(storage, "a") == b"short"
    assert [found.key for found in storage.objects()] == ["a"]


def test_a_stream_that_breaks_off_leaves_what_was_there(storage: Storage) -> None:
    storage.put("kept", b"before", media_type="image/png")
    for key in ("kept", "new"):
        with pytest.raises(BrokenOffError):
            storage.put(key, cast(BinaryIO, BreaksOff()), media_type="image/png")
    assert read(storage, "kept") == b"before"
    assert [found.key for found in storage.objects()] == ["kept"]


def test_what_is_absent_is_not_found(storage: Storage) -> None:
    storage.put("folder/there", b"x", media_type="image/png")
    for key in ("absent", "folder", "folder/there/below", "folder/absent"):
        with pytest.raises(NotFound):
            storage.open(key)
        with pytest.raises(NotFound):
            storage.size(key)


def test_delete_leaves_nothing_and_may_be_repeated(storage: Storage) -> None:
    storage.put("a/b/c.png", b"x", media_type="image/png")
    storage.put("a/kept.png", b"x", media_type="image/png")
    for _ in range(2):
        storage.delete("a/b/c.png")
    storage.delete("never/there")
    with pytest.raises(NotFound):
        storage.open("a/b/c.png")
    assert [found.key for found in storage.objects()] == ["a/kept.png"]


def test_a_folder_is_withdrawn_at_one_stroke_where_there_are_folders_and_no_other_object_is(storage: Storage) -> None:
    within, without = ["a/b/1.png", "a/b/2.png", "a/b/deep/1.png"], ["a/b.png", "a/bc/1.png", "a/c/b/1.png", "b/1.png"]
    for key in (*within, *without):
        storage.put(key, b"x", media_type="image/png")
    left = sorted([*within, *without] if isinstance(storage, S3Storage) else without)
    for folder in ("a/b", "a/b", "a/b.png", "never/there", "b/1.png/below"):
        storage.withdraw(folder)
        assert sorted(found.key for found in storage.objects()) == left, folder
    storage.put("a/b/1.png", b"again", media_type="image/png")
    assert read(storage, "a/b/1.png") == b"again"


def test_objects_lists_keys_sizes_and_times_below_a_prefix(storage: Storage) -> None:
    for key in ("images/1/a.png", "images/1/ab.png", "images/2/a.png", "other.png"):
        storage.put(key, key.encode(), media_type="image/png")
    assert {found.key: found.bytes for found in storage.objects("images/1/a")} == {"images/1/a.png": 14, "images/1/ab.png": 15}
    assert len(list(storage.objects("images/"))) == 3
    assert len(list(storage.objects("absent/"))) == 0
    everything = list(storage.objects())
    assert len(everything) == 4
    assert all(abs(found.modified_at - datetime.now(UTC)) < timedelta(minutes=1) for found in everything)


def test_an_empty_storage_is_ready_and_holds_nothing(storage: Storage) -> None:
    storage.check()
    assert storage.sweep_incoming(older_than_seconds=0) == 0
    assert list(storage.objects()) == []


HOSTILE_KEYS = ["", "/etc/passwd", "../up", "a/../../up", "a/..", "./a", "a//b", "a/", "a\\b", "nul\0", "line\n", "ä", "a b"]
HOSTILE_KEYS += [".incoming/a", "a/.b", "%2e%2e/up", "a" * 256, "a/" * 256 + "aa"]

VERBS_WITH_A_KEY: list[Callable[[Storage, str], object]] = [
    lambda storage, key: storage.put(key, b"x", media_type="image/png"),
    lambda storage, key: storage.open(key),
    lambda storage, key: storage.delete(key),
    lambda storage, key: storage.withdraw(key),
    lambda storage, key: storage.size(key),
    lambda storage, key: storage.path(key),
    lambda storage, key: storage.address(key, seconds=60, media_type="image/png", disposition="inline"),
]


def test_a_key_that_could_lead_elsewhere_is_refused_by_every_verb(storage: Storage) -> None:
    for key, verb in product(HOSTILE_KEYS, VERBS_WITH_A_KEY):
        with pytest.raises(ValueError, match="not a storage key"):
            verb(storage, key)
    assert list(storage.objects()) == []


def test_a_key_of_the_allowed_letters_is_taken(storage: Storage) -> None:
    keys = {"a", "a.b..c", "images/0190-7a_A/0-b_my.photo.JPEG", "b" * 255, ("a" * 63 + "/") * 7 + "a" * 64}
    for key in keys:
        storage.put(key, b"x", media_type="image/png")
    assert {found.key for found in storage.objects()} == keys


def test_of_two_writers_one_wins_whole_and_a_reader_never_sees_a_mixture(storage: Storage) -> None:
    versions = [letter * 300_000 for letter in (b"a", b"b")]
    storage.put("contested", versions[0], media_type="image/png")

    def write(content: bytes) -> None:
        for _ in range(5):
            storage.put("contested", content, media_type="image/png")

    writers = [threading.Thread(target=write, args=[version]) for version in versions]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert read(storage, "contested") in versions
    for writer in writers:
        writer.join()
    assert read(storage, "contested") in versions
    assert len(list(storage.objects())) == 1


@pytest.mark.parametrize("storage", ["local", "s3"], indirect=True)
def test_a_large_file_is_never_held_in_memory(storage: Storage, tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(24 * 1024 * 1024)
    tracemalloc.start()
    try:
        with large.open("rb") as file:
            storage.put("large", file, media_type="image/png")
        with storage.open("large") as stream:
            while stream.read(64 * 1024):
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


def test_the_interface_loads_no_vendor_library() -> None:
    script = "import sys, aizen.storage; sys.exit(bool({'boto3', 'botocore', 'aizen.storage.local'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[2]).returncode == 0
