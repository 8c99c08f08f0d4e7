"""Whoever can write to Redis must not choose what a worker runs, calls back, fetches or unpickles."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Callback, Queue
from rq.job import Job
from rq.serializers import DefaultSerializer, JSONSerializer
from rq.webhook import Webhook

from aizen.queue import PERFORM
from tests.faults import foreign
from tests.faults.client import User
from tests.faults.installation import Installation
from tests.services.valkey import Valkey


@pytest.fixture
def redis(valkey: Valkey) -> Iterator[Redis]:
    with valkey.client() as client:
        yield client


@pytest.fixture
def trace(installation: Installation) -> Path:
    """A file that comes to be when a foreign function has run."""
    return installation.folder / "gates" / foreign.TRACE


class Pickled:
    """Unpickling this runs a command."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self._trace}",)


def put_on_queue(redis: Redis, function: str, *arguments: Any, serializer: Any = JSONSerializer, **how: Any) -> Job:
    return Queue("aizen", connection=redis, serializer=serializer).enqueue_call(function, args=arguments, timeout=5, **how)


@contextmanager
def worker_going_on(installation: Installation, user: User) -> Iterator[None]:
    """What the block put on the queue has been taken off it, and the same worker does the next work."""
    installation.wait_until_settled()
    worker = installation.worker.pid
    yield
    user.wait_until("ready", user.upload())
    assert installation.worker.pid == worker
    assert installation.worker.is_running


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        ("os.system", "touch {}"),
        ("subprocess.call", ["touch", "{}"]),
        ("builtins.exec", "open('{}', 'w')"),
        ("tests.faults.foreign.leave_trace", "{}"),
        ("aizen.work.jobs.db.session.execute", "DELETE FROM images"),
        ("aizen.evil.jobs.run", "{}"),
    ],
)
def test_a_function_that_is_none_of_ours_is_not_run(
    installation: Installation, user: User, redis: Redis, trace: Path, function: str, argument: str | list[str]
) -> None:
    filled = argument.format(trace) if isinstance(argument, str) else [word.format(trace) for word in argument]
    with worker_going_on(installation, user):
        job = put_on_queue(redis, function, filled)
    assert job.get_status() == "failed"
    assert "ForeignFunction" in str(job.latest_result().exc_string)  # type: ignore[union-attr]
    assert not trace.exists()


def test_a_pickled_job_is_not_loaded(installation: Installation, user: User, redis: Redis, trace: Path) -> None:
    with worker_going_on(installation, user):
        put_on_queue(redis, PERFORM, Pickled(trace), serializer=DefaultSerializer)
    assert not trace.exists()


@pytest.mark.parametrize("argument", ["01890000-0000-7000-8000-000000000000", "not an id"], ids=["success", "failure"])
def test_callbacks_and_webhooks_of_a_job_are_not_called(
    installation: Installation, user: User, redis: Redis, trace: Path, argument: str
) -> None:
    callback = Callback("tests.faults.foreign.leave_trace")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        hooks = [Webhook(url, "finished", timeout=1), Webhook(url, "failed", timeout=1)]
        with worker_going_on(installation, user):
            put_on_queue(redis, PERFORM, argument, on_success=callback, on_failure=callback, webhooks=hooks)
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert not trace.exists()
