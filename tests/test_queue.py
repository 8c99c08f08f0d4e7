"""The queue: what a hint is, and what ends a job that takes too long."""

from __future__ import annotations

import json
import zlib

import pytest
from rq.timeouts import JobTimeoutException

from aizen.queue import DeathPenalty, HintLost, HintQueue, WorkTimedOut
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
