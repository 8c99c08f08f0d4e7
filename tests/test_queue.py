"""The queue: what a hint is, and what ends a job that takes too long."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib

import pytest
from rq.timeouts import JobTimeoutException

from aizen.queue import DeathPenalty, HintLost, HintQueue, WorkTimedOut
from aizen.settings.declaring import QUEUES
from tests.services.valkey import Valkey


def test_a_hint_names_an_item_and_nothing_else_and_does_not_wait_twice(valkey: Valkey) -> None:
    queue = HintQueue(valkey.url, seconds=1)
    before = queue.length()
    for _ in range(3):
        queue.hint("01a20d98-56cc-763b-95b1-1fc1ca5f4796", attempt=0, timeout=60)
    assert queue.length() == before + 1
    client = valkey.client()
    (key,) = client.keys("rq:job:*")
    packed = client.hget(key, "data")
    assert isinstance(packed, bytes)
    assert json.loads(zlib.decompress(packed)) == ["aizen.work.jobs.perform", None, ["01a20d98-56cc-763b-95b1-1fc1ca5f4796"], {}]
    client.flushall()
    client.close()
    queue.close()


def test_a_redis_that_is_not_there_loses_the_hint_and_nothing_more() -> None:
    queue = HintQueue("redis://127.0.0.1:1", seconds=0.1)
    with pytest.raises(HintLost):
        queue.hint("item", attempt=0, timeout=60)
    with pytest.raises(HintLost):
        queue.length()
    queue.close()


def test_the_time_out_strikes_through_code_that_catches_every_exception() -> None:
    with pytest.raises(WorkTimedOut), DeathPenalty(1, JobTimeoutException):  # type: ignore[no-untyped-call]
        while True:
            try:
                sum(range(1000))
            except Exception:
                continue


def test_a_hint_is_given_again_for_the_next_attempt_or_when_a_dead_worker_had_taken_it(valkey: Valkey) -> None:
    queue = HintQueue(valkey.url, seconds=1)
    client = valkey.client()
    client.flushall()
    queue.hint("item", attempt=0, timeout=60)
    queue.hint("item", attempt=1, timeout=60)
    assert queue.length() == 2
    client.lrem("rq:queue:aizen", 1, "item-0")
    client.hset("rq:job:item-0", "status", "started")
    queue.hint("item", attempt=0, timeout=60)
    assert queue.length() == 2
    client.flushall()
    client.close()
    queue.close()


def test_a_hint_that_a_worker_took_and_died_before_it_said_so_is_put_back(valkey: Valkey) -> None:
    queue, client = HintQueue(valkey.url, seconds=1), valkey.client()
    client.flushall()
    for is_slow, name in enumerate(QUEUES):
        for _ in range(2):
            queue.hint(name, attempt=0, timeout=60, is_slow=bool(is_slow))
        assert client.lpop(f"rq:queue:{name}") == f"{name}-0".encode()
    assert queue.length() == 0
    for is_slow in (True, False, True):
        for name in QUEUES:
            queue.hint(name, attempt=0, timeout=60, is_slow=is_slow)
    # Each where it was: the version before has hinted slow work where all work was.
    assert [client.lrange(f"rq:queue:{name}", 0, -1) for name in QUEUES] == [[f"{name}-0".encode()] for name in QUEUES]
    client.flushall()
    client.close()
    queue.close()


TELL_WHAT_WAITS = """
import sys
from redis import Redis
from aizen import queue
from aizen.settings.declaring import QUEUES
url, *queues = sys.argv[1:]
def tell():
    client = Redis.from_url(url)
    client.rpush("told", " ".join(str(client.llen(f"rq:queue:{name}")) for name in QUEUES))
queue.serve(url, in_work_horse=tell, log_level="WARNING", queues=queues, burst=True)
"""


def test_slow_work_is_done_when_nothing_else_waits_and_by_none_but_those_who_serve_it(valkey: Valkey) -> None:
    queue, client = HintQueue(valkey.url, seconds=1), valkey.client()
    usual, slow = QUEUES
    # What waits in either queue while each of three hints is worked on: two that are slow came first.
    for queues, told in (((slow, usual), ["0 2", "0 1", "0 0"]), ((usual,), ["0 2"]), ((slow,), ["1 1", "1 0"])):
        client.flushall()
        for name in ("one", "another"):
            queue.hint(name, attempt=0, timeout=60, is_slow=True)
        queue.hint("upload", attempt=0, timeout=60)
        assert queue.length() == 3
        # Without an application the work itself breaks off, which is nothing to the queue.
        program = [sys.executable, "-c", TELL_WHAT_WAITS, valkey.url, *queues]
        subprocess.run(program, capture_output=True, check=True, timeout=60)
        assert client.lrange("told", 0, -1) == [each.encode() for each in told], queues
        assert queue.length() == 3 - len(told)
    client.flushall()
    client.close()
    queue.close()
