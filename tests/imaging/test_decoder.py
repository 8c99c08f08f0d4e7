from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from aizen.adapters import open_adapters
from aizen.errors import AizenError, TooLarge, Unavailable, Unreadable, UnsupportedMedia
from aizen.imaging import Limits, Picture
from aizen.imaging.children import Bounds, Children
from aizen.imaging.decoder import FAILURES, ChildDecoder, OwnProcessDecoder
from aizen.settings import Settings
from aizen.work.items import is_worth_another_try
from tests.conftest import SECRET

from . import hostile_work
from .pictures import saved, scene, written

# Of a second, so that a hanging picture does not make the suite hang.
LIMITS = Limits(seconds=1.0, memory_bytes=256 * 1024 * 1024)
GOOD = Picture(format="png", width=400, height=300, frames=1, has_alpha=False)


@pytest.fixture(scope="module")
def decoder() -> Iterator[ChildDecoder]:
    decoder = ChildDecoder(LIMITS, work=hostile_work.by_name)
    yield decoder
    decoder.close()


@pytest.fixture
def good(tmp_path: Path) -> str:
    return written(tmp_path, saved(scene(), "PNG"))


def wait_until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


def refusal(decoder: ChildDecoder, path: str) -> AizenError:
    with pytest.raises(AizenError) as caught:
        decoder.inspect(path)
    return caught.value


def exists(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    # A zombie has ended; only its parent has not asked yet.
    return "State:\tZ" not in Path(f"/proc/{process_id}/status").read_text(encoding="ascii")


def test_a_good_picture_comes_back_from_the_child(decoder: ChildDecoder, good: str) -> None:
    assert decoder.inspect(good) == GOOD


@pytest.mark.parametrize(
    ("name", "code"),
    [("hang", "decode_timeout"), ("hang-in-c", "decode_timeout"), ("crash", "decode_crashed"), ("allocate", "decode_out_of_memory")],
)
def test_a_picture_that_attacks_its_decoder_is_refused_and_the_next_one_works(
    name: str, code: str, decoder: ChildDecoder, good: str, tmp_path: Path
) -> None:
    started = time.monotonic()
    error = refusal(decoder, str(tmp_path / name))
    took = time.monotonic() - started

    assert isinstance(error, Unreadable)
    assert error.code == code
    assert took < 10
    assert decoder.inspect(good) == GOOD


def test_an_error_crosses_the_border_with_all_that_it_tells(decoder: ChildDecoder, tmp_path: Path) -> None:
    refused = refusal(decoder, str(tmp_path / "refuse"))
    unsupported = refusal(decoder, written(tmp_path, b"words"))

    assert isinstance(refused, TooLarge)
    assert (refused.code, refused.detail, refused.limit) == ("too_many_pixels", "Our own sentence.", 7)
    assert isinstance(unsupported, UnsupportedMedia)
    assert "image/avif" in unsupported.allowed


def test_errors_can_be_pickled() -> None:
    error = pickle.loads(pickle.dumps(Unavailable("Later.", code="decoder_busy", retry_after=9)))

    assert (error.detail, error.code, error.retry_after) == ("Later.", "decoder_busy", 9)


def test_more_than_may_wait_are_told_to_come_again(tmp_path: Path) -> None:
    decoder = ChildDecoder(replace(LIMITS, seconds=30), waiting=1, work=hostile_work.wait_for_release)
    paths = [written(tmp_path, saved(scene(), "PNG"), name) for name in ("first", "second", "third")]
    with ThreadPoolExecutor() as threads:
        first = threads.submit(decoder.inspect, paths[0])
        wait_until(Path(f"{paths[0]}.begun").exists)
        # One works and one may wait: whichever of these two comes in last is refused, and the other cannot be done yet.
        others = [threads.submit(decoder.inspect, path) for path in paths[1:]]
        refused, waiting = wait(others, timeout=20, return_when=FIRST_COMPLETED)
        for path in paths:
            Path(f"{path}.released").touch()

        [error] = [each.exception() for each in refused]
        assert isinstance(error, Unavailable)
        assert error.code == "decoder_busy"
        assert error.retry_after >= 1
        assert [first.result(), *(each.result() for each in waiting)] == [GOOD, GOOD]
        assert decoder.inspect(paths[2]) == GOOD
    decoder.close()


def test_what_nobody_waits_for_any_more_is_never_begun_or_ended(tmp_path: Path) -> None:
    """Its file may be another request's by then."""
    # Sooner than any child is there.
    impatient = Children(hostile_work.wait_for_release, Bounds(seconds=30, memory_bytes=LIMITS.memory_bytes), FAILURES, patience=0.05)
    paths = (str(tmp_path / f"{number}") for number in count())
    begun: list[Path] = []
    while not begun:
        with pytest.raises(Unavailable) as caught:
            impatient.ask(next(paths), LIMITS)
        begun = list(tmp_path.glob("*.begun"))
    assert caught.value.code == "decoder_down"
    assert [path for path in begun if path.stem == "0"] == []
    wait_until(lambda: not exists(int(begun[0].read_text(encoding="ascii"))))
    impatient.close()


def test_many_threads_share_the_children(decoder: ChildDecoder, good: str) -> None:
    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(decoder.inspect, [good] * 30)) == {GOOD}


def test_a_hanging_picture_does_not_use_up_the_time_of_those_that_wait(decoder: ChildDecoder, good: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor() as threads:
        hanging = threads.submit(decoder.inspect, str(tmp_path / "hang"))
        waiting = [threads.submit(decoder.inspect, good) for _ in range(3)]

        assert isinstance(hanging.exception(), Unreadable)
        assert [future.result() for future in waiting] == [GOOD] * 3


def test_an_idle_child_that_was_killed_from_outside_costs_nobody_an_upload(tmp_path: Path) -> None:
    decoder = ChildDecoder(LIMITS, work=hostile_work.write_own_id)
    for _ in range(3):
        path = str(tmp_path / "id")
        assert decoder.inspect(path).width == 1
        child = int(Path(path).read_text(encoding="ascii"))
        os.kill(child, signal.SIGKILL)
    assert decoder.inspect(str(tmp_path / "id")).width == 1
    decoder.close()


def test_a_picture_is_still_answered_when_the_host_asks_every_process_to_stop(good: str) -> None:
    decoder = ChildDecoder(replace(LIMITS, seconds=30), work=hostile_work.wait_for_release)
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(decoder.inspect, good)
        wait_until(Path(f"{good}.begun").exists)
        os.kill(int(Path(f"{good}.begun").read_text(encoding="ascii")), signal.SIGTERM)
        Path(f"{good}.released").touch()

        assert answer.result() == GOOD
    decoder.close()


def test_closing_ends_the_children_and_the_decoder_may_be_used_again(tmp_path: Path) -> None:
    decoder = ChildDecoder(LIMITS, work=hostile_work.write_own_id)
    path = tmp_path / "id"
    decoder.inspect(str(path))
    child = int(path.read_text(encoding="ascii"))

    decoder.close()

    assert not exists(child)
    assert decoder.inspect(str(path)).width == 1
    decoder.close()
    decoder.close()


def test_a_decoder_that_was_never_used_started_nothing() -> None:
    before = threading.active_count()
    decoder = ChildDecoder(LIMITS)

    decoder.close()

    assert threading.active_count() == before


def test_the_child_knows_nothing_of_the_web_application(tmp_path: Path) -> None:
    decoder = ChildDecoder(LIMITS, work=hostile_work.write_modules)
    path = tmp_path / "modules"
    decoder.inspect(str(path))
    decoder.close()

    modules = set(path.read_text(encoding="utf-8").split())

    ours = {name for name in modules if name.startswith("aizen.")}
    assert {name for name in ours if not name.startswith(("aizen.imaging", "aizen.errors"))} == set()
    assert not {"flask", "sqlalchemy", "redis", "boto3"} & modules


PARENT = """
import os, sys, time
from aizen.imaging import Limits
from aizen.imaging.decoder import ChildDecoder
from tests.imaging import hostile_work
if __name__ == "__main__":
    ChildDecoder(Limits(), work=hostile_work.write_own_id).inspect(sys.argv[1])
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ended processes are told from /proc")
def test_the_child_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    script, path = tmp_path / "parent.py", tmp_path / "id"
    script.write_text(PARENT, encoding="utf-8")
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, str(script), str(path)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": root}
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        child = int(path.read_text(encoding="ascii"))
        parent.kill()

    wait_until(lambda: not exists(child))


FORKING = """
import os, sys
from aizen.imaging import Limits
from aizen.imaging.decoder import ChildDecoder
if __name__ == "__main__":
    decoder = ChildDecoder(Limits())
    print(decoder.inspect(sys.argv[1]).width, flush=True)
    process = os.fork()
    print(decoder.inspect(sys.argv[1]).width, flush=True)
    decoder.close()
    if process:
        assert os.waitpid(process, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_decoder_made_and_used_before_a_fork_works_on_both_sides(good: str, tmp_path: Path) -> None:
    script = tmp_path / "forking.py"
    script.write_text(FORKING, encoding="utf-8")
    root = str(Path(__file__).parents[2])

    done = subprocess.run(
        [sys.executable, str(script), good], capture_output=True, text=True, check=True, timeout=60, env={**os.environ, "PYTHONPATH": root}
    )

    assert done.stdout.split() == ["400"] * 3


# -- in a worker


def test_a_work_horse_decodes_itself(good: str, tmp_path: Path) -> None:
    assert OwnProcessDecoder(LIMITS).inspect(good) == GOOD
    own = OwnProcessDecoder(LIMITS, work=hostile_work.write_own_id)
    own.inspect(str(tmp_path / "id"))
    assert int((tmp_path / "id").read_text(encoding="ascii")) == os.getpid()
    own.close()


def test_a_work_horse_that_has_too_little_memory_to_decode_does_not_try_again(good: str) -> None:
    def allocate(_path: str, _limits: Limits) -> Picture:
        raise MemoryError

    with pytest.raises(Unreadable) as caught:
        OwnProcessDecoder(LIMITS, work=allocate).inspect(good)
    assert (caught.value.code, is_worth_another_try(caught.value)) == ("decode_out_of_memory", False)


@pytest.mark.parametrize(("for_worker", "kind"), [(False, ChildDecoder), (True, OwnProcessDecoder)])
def test_a_worker_needs_no_child_to_decode(tmp_path: Path, for_worker: bool, kind: type) -> None:
    adapters = open_adapters(Settings(secret_key=SECRET, data_dir=tmp_path), for_worker=for_worker)

    assert type(adapters.decoder) is kind
    adapters.close()
