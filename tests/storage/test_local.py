"""What only a local disk does: permissions, crashes, and being full."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from aizen.errors import NotFound, OutOfSpace, Unavailable
from aizen.storage.local import LocalStorage

REPOSITORY = Path(__file__).parents[2]

DIES_BEFORE_THE_RENAME = """
import io, os, signal, sys
from pathlib import Path
from aizen.storage.local import LocalStorage

class LastWord(io.BytesIO):
    def read(self, size=-1):
        piece = super().read(size)
        if not piece:  # everything was written, and is not yet visible
            os.kill(os.getpid(), signal.SIGKILL)
        return piece

LocalStorage(Path(sys.argv[1])).put("images/a.png", LastWord(bytes(700_000)), media_type="image/png")
"""

FILLS_A_SMALL_DISK = """
import subprocess, sys
from pathlib import Path
from aizen.errors import NotFound, OutOfSpace
from aizen.storage.local import LocalStorage

root = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(root)], check=True)
storage = LocalStorage(root, spare_bytes=256 * 1024)
storage.check()
storage.put("kept", b"k" * 1_000_000, media_type="image/png")
for key in ("kept", "new/deep/folder"):
    try:
        storage.put(key, bytes(3_000_000), media_type="image/png")
        raise SystemExit("a file larger than the disk was stored")
    except OutOfSpace:
        pass
assert [(found.key, found.bytes) for found in storage.objects()] == [("kept", 1_000_000)]
assert [file.name for file in root.rglob("*") if file.is_file()] == ["kept"], "a part of a file is left"
storage.put("more", bytes(950_000), media_type="image/png")
try:
    storage.check()
    raise SystemExit("readiness does not show a full disk")
except OutOfSpace:
    pass
storage.delete("kept")
storage.check()
storage.put("new", bytes(900_000), media_type="image/png")
print("all was seen")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "media"


@pytest.fixture
def storage(root: Path) -> LocalStorage:
    return LocalStorage(root)


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_only_our_own_user_can_read_what_is_stored(storage: LocalStorage, root: Path) -> None:
    before = os.umask(0)
    try:
        storage.put("images/1/a.png", b"x", media_type="image/png")
    finally:
        os.umask(before)
    modes = {path.relative_to(root).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*")}
    assert modes == {".incoming": 0o700, "images": 0o700, "images/1": 0o700, "images/1/a.png": 0o600}
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


def test_the_path_of_an_object_is_its_file_for_sendfile(storage: LocalStorage) -> None:
    storage.put("images/a.png", b"a picture", media_type="image/png")
    assert storage.path("images/a.png").read_bytes() == b"a picture"
    with pytest.raises(NotFound):
        storage.path("images")


def test_a_local_object_has_no_address_of_its_own(storage: LocalStorage) -> None:
    storage.put("a.png", b"x", media_type="image/png")
    assert storage.address("a.png", seconds=60, media_type="image/png", disposition="inline") is None


def test_delete_removes_the_folders_that_it_empties_and_no_others(storage: LocalStorage, root: Path) -> None:
    storage.put("images/1/deep/a.png", b"x", media_type="image/png")
    storage.put("images/2/b.png", b"x", media_type="image/png")
    storage.delete("images/1/deep/a.png")
    assert not (root / "images" / "1").exists()
    storage.delete("images/2/b.png")
    assert not (root / "images").exists()
    assert root.is_dir()


def test_a_delete_beside_a_put_never_loses_the_file_that_is_being_stored(storage: LocalStorage) -> None:
    over = threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            storage.put("images/1/passing.png", b"x", media_type="image/png")
            storage.delete("images/1/passing.png")

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        for number in range(200):
            key = f"images/1/{number}.png"
            storage.put(key, b"x", media_type="image/png")
            assert storage.size(key) == 1
            storage.delete(key)
    finally:
        over.set()
        other.join()


def test_a_put_beside_a_withdrawal_is_stored_or_withdrawn_and_nothing_else_is_lost(storage: LocalStorage, root: Path) -> None:
    rounds, together = 60, threading.Barrier(3)

    def beside(act: Callable[[], None]) -> None:
        for _ in range(rounds):
            together.wait(10)
            act()

    acts = [lambda: storage.withdraw("derived/1"), lambda: storage.delete("derived/1/other.png")]
    others = [threading.Thread(target=beside, args=[act]) for act in acts]
    for other in others:
        other.start()
    found = []
    for number in range(rounds):
        storage.put("derived/1/other.png", b"x", media_type="image/png")
        together.wait(10)
        storage.put("derived/1/a.png", b"a picture", media_type="image/png")
        with suppress(NotFound), storage.open("derived/1/a.png") as stream:
            found.append(stream.read())
        storage.put(f"derived/2/{number}.png", b"x", media_type="image/png")
    for other in others:
        other.join()
    storage.withdraw("derived/1")
    assert set(found) == {b"a picture"}
    assert {each.key for each in storage.objects()} == {f"derived/2/{number}.png" for number in range(rounds)}
    storage.sweep_incoming(older_than_seconds=-1)
    assert list((root / ".incoming").iterdir()) == []


def test_what_a_crash_left_of_a_withdrawal_is_swept(storage: LocalStorage, root: Path) -> None:
    storage.put("derived/1/deep/a.png", b"x", media_type="image/png")
    (root / "derived" / "1").rename(root / ".incoming" / "aside")
    assert storage.sweep_incoming() == 0, "somebody may still be at it"
    an_hour_ago = time.time() - 3700
    os.utime(root / ".incoming" / "aside", (an_hour_ago, an_hour_ago))
    assert storage.sweep_incoming() == 1
    assert files(root) == []
    assert list((root / ".incoming").iterdir()) == []


def test_a_withdrawal_that_the_disk_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable):
        LocalStorage(tmp_path / "file").withdraw("derived/1")


def test_a_process_killed_before_the_rename_leaves_no_object_and_the_sweep_removes_the_rest(storage: LocalStorage, root: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", DIES_BEFORE_THE_RENAME, str(root)], check=False, cwd=REPOSITORY)
    assert killed.returncode == -signal.SIGKILL
    assert list(storage.objects()) == []
    with pytest.raises(NotFound):
        storage.open("images/a.png")
    assert len(files(root)) == 1, "the test's own premise: a killed process leaves its half-written file"
    assert storage.sweep_incoming() == 0, "it may still be written to"
    an_hour_ago = time.time() - 3700
    os.utime(files(root)[0], (an_hour_ago, an_hour_ago))
    assert storage.sweep_incoming() == 1
    assert files(root) == []


def test_a_file_too_large_for_the_disk_leaves_nothing_and_what_was_there_stays(storage: LocalStorage, root: Path) -> None:
    storage.put("kept", b"before", media_type="image/png")
    with files_of_at_most(100_000):
        for key in ("kept", "new/a.png"):
            with pytest.raises(OutOfSpace):
                storage.put(key, bytes(600_000), media_type="image/png")
    with storage.open("kept") as stream:
        assert stream.read() == b"before"
    assert [file.name for file in files(root)] == ["kept"]
    storage.put("new/a.png", bytes(600_000), media_type="image/png")


def test_a_disk_that_is_really_full_is_told_and_shows_in_readiness_and_recovers(root: Path) -> None:
    unshare = [shutil.which("unshare") or "", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    if not unshare[0] or subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets us mount no tmpfs: a really full disk (ENOSPC) is not checked, only a file-size limit is")
    root.mkdir()
    # The mount is seen by that process alone and goes with it.
    done = subprocess.run(
        [*unshare, sys.executable, "-c", FILLS_A_SMALL_DISK, str(root)], check=False, cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1:] == ["all was seen"], done.stderr


def test_too_little_spare_room_shows_in_readiness(root: Path) -> None:
    with pytest.raises(OutOfSpace):
        LocalStorage(root, spare_bytes=2**62).check()


def test_a_root_that_cannot_be_used_is_unavailable_and_not_an_empty_storage(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    storage = LocalStorage(tmp_path / "file")
    for attempt in (storage.check, lambda: storage.put("a", b"x", media_type="image/png"), lambda: list(storage.objects())):
        with pytest.raises(Unavailable) as refused:
            attempt()
        assert refused.value.code == "storage_unavailable"
        assert isinstance(refused.value.__cause__, OSError)
        assert refused.value.__cause__.errno in {errno.ENOTDIR, errno.EEXIST}


def test_files_that_are_not_ours_are_not_listed(storage: LocalStorage, root: Path) -> None:
    storage.put("a.png", b"x", media_type="image/png")
    (root / ".DS_Store").write_bytes(b"")
    (root / "a file of somebody else").write_bytes(b"")
    assert [found.key for found in storage.objects()] == ["a.png"]
