"""The workers of ours that are measured, one a process: ``whole``, ``forked`` and ``persistent``.

``whole`` is the product's worker, which knows one more kind of work. In the other two a hint leads to no row but to a job that is over at
once: in a fork each as the product does it, and all in one process as it does not.
"""

from __future__ import annotations

import os
import sys
import time
import types
import uuid
from functools import partial

from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

import rq_worker
from aizen import queue
from aizen.adapters import Adapters
from aizen.database import after_commit
from aizen.errors import AizenError
from aizen.settings.declaring import QUEUES
from aizen.work import kinds
from aizen.work.kinds import Kind, Lease, Record

KIND = "light"


def tell(client: Redis) -> None:
    """Whoever measures learns when this was called: the monotonic clock is one for all processes of a machine."""
    done = time.monotonic_ns()
    client.rpush("done", done)


def _run(_lease: Lease, adapters: Adapters) -> Record:
    return lambda: after_commit(partial(tell, Redis.from_url(adapters.settings.redis_url)))


def _fail(_subject_id: uuid.UUID, error: AizenError, _adapters: Adapters) -> None:
    raise error


def _serve_whole() -> None:
    kinds.register(Kind(KIND, _run, _fail))
    rq_worker.main()


def _serve_forked() -> None:
    _stand_in_for_perform()
    queue.serve(os.environ["REDIS_URL"], in_work_horse=lambda: None, log_level="WARNING")


def _serve_persistent() -> None:
    _stand_in_for_perform()
    connection = Redis.from_url(os.environ["REDIS_URL"])
    worker = SimpleWorker(list(QUEUES), connection=connection, job_class=queue.OwnJob, serializer=JSONSerializer)
    worker.work(logging_level="WARNING")


def _stand_in_for_perform() -> None:
    """The one function that the queue runs is, in this process, one that has nothing to do."""
    client = Redis.from_url(os.environ["REDIS_URL"])
    module, _, function = queue.PERFORM.rpartition(".")
    light = types.ModuleType(module)
    light.__dict__[function] = lambda _item_id: tell(client)
    sys.modules[module] = light


def main() -> None:
    """Jobs are run until SIGTERM."""
    {"whole": _serve_whole, "forked": _serve_forked, "persistent": _serve_persistent}[sys.argv[1]]()


if __name__ == "__main__":
    main()
