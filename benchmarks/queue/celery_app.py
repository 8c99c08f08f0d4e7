"""Celery's side of the comparison, run by an interpreter that has Celery: a task as light as ours, and who sends it.

As a program it sends one task for each line of its input and answers with the time, taken before it sent.
"""

from __future__ import annotations

import os
import sys
import time

from celery import Celery  # type: ignore[import-not-found,unused-ignore]
from redis import Redis

app = Celery("peer", broker=os.environ["BROKER_URL"])
# As Aizen has it: no result is kept, a task whose worker dies is run again, and none waits at a worker that is busy.
app.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1)
_redis = Redis.from_url(os.environ["BROKER_URL"])


@app.task(name="light")  # type: ignore[untyped-decorator,unused-ignore]
def light() -> None:
    """Tells when it was done."""
    done = time.monotonic_ns()
    _redis.rpush("done", done)


def _send_for_each_line() -> None:
    for _ in sys.stdin:
        started = time.monotonic_ns()
        light.delay()
        print(started, flush=True)


if __name__ == "__main__":
    _send_for_each_line()
