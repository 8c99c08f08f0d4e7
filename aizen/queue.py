"""RQ behind two verbs: ``hint`` tells a worker that an item is due, ``length`` tells how many hints wait.

A hint names a work item and nothing else; that it may be lost, late or given twice is the clock's affair.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.executions import Execution
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty

from aizen.settings.declaring import QUEUES

log = structlog.get_logger(__name__)

PERFORM = "aizen.work.jobs.perform"
USUAL, SLOW = QUEUES


class HintLost(Exception):
    """Redis did not take the hint; the work item stands all the same."""


class ForeignFunction(Exception):
    """A job on the queue names a function that is none of Aizen's jobs."""


class WorkTimedOut(BaseException):
    """The work took longer than its hint allowed.

    No Exception, since it strikes anywhere: code that turns every error of a decoder into "not an image" must not catch it.
    """


class DeathPenalty(UnixSignalDeathPenalty):
    """RQ's alarm, which ends a job by WorkTimedOut."""

    def handle_death_penalty(self, signum: Any, frame: Any) -> None:
        if self._exception is JobTimeoutException:
            raise WorkTimedOut
        super().handle_death_penalty(signum, frame)  # type: ignore[no-untyped-call]


class OwnJob(Job):
    """An RQ job that runs ``PERFORM`` and nothing else: whoever can write to Redis must not choose what we import."""

    @property
    def func(self) -> Any:
        if self.func_name != PERFORM or self.instance is not None:
            raise ForeignFunction("refused to run a function that is none of Aizen's jobs")
        return super().func

    def restore(self, raw_data: Any) -> None:
        """As in RQ, but for the callbacks and webhooks: they too would name a function or an address of somebody's choice."""
        super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self._success_callback = self._failure_callback = self._stopped_callback = None  # type: ignore[assignment]
        self.webhooks = []


class _OwnWorker(Worker):
    """RQ's worker, whose work-horse calls ``in_work_horse`` first and is ended by SIGKILL or its own alarm only."""

    in_work_horse: Callable[[], None]
    before_it_ends: Callable[[], None]
    death_penalty_class = DeathPenalty

    def setup_work_horse_signals(self) -> None:
        """SIGTERM is the worker's affair, which begins no other job: systemd and Heroku send it to every process at once."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        # RQ does this too, but later: until then the horse would have the worker's own handlers.
        self.setup_work_horse_signals()
        type(self).in_work_horse()
        super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        try:
            return super().perform_job(job, queue, execution)
        finally:
            # RQ ends the horse by os._exit, which runs nothing else.
            type(self).before_it_ends()

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """What even ``aizen.work.jobs`` did not catch, as one line with its stack; RQ's has it as a text."""
        log.error("job broke off", job=job.id, exc_info=exc_info)


def serve(
    url: str,
    *,
    in_work_horse: Callable[[], None],
    log_level: str,
    queues: Collection[str] = QUEUES,
    before_it_ends: Callable[[], None] = lambda: None,
    burst: bool = False,
) -> None:
    """Every hint has been worked on until SIGTERM or SIGINT, each in a forked work-horse; the one at hand is finished first.

    Of the ``queues`` the slow one is served while no other hint waits, in whatever order they are named.
    A work-horse calls ``in_work_horse`` first and ``before_it_ends`` last, when the alarm of its job has been turned off.
    With ``burst`` it ends when no hint waits. Maintenance runs each minute, so that a lost hint leaves nothing behind in Redis.
    An idle worker outlives Redis. One that finds it gone after a job ends with an error: whatever keeps the process running starts it anew.
    """
    hooks = {"in_work_horse": staticmethod(in_work_horse), "before_it_ends": staticmethod(before_it_ends)}
    worker_class = type("OwnWorker", (_OwnWorker,), hooks)
    connection = Redis.from_url(url)
    worker = worker_class(
        [name for name in QUEUES if name in queues],
        connection=connection,
        job_class=OwnJob,
        serializer=JSONSerializer,
        # How long it takes to notice that Redis has gone without a word, which is seven minutes otherwise.
        worker_ttl=75,
        maintenance_interval=60,
        log_job_description=False,
    )
    # RQ tells each job in four lines; ``aizen.work.jobs`` tells it in one.
    worker.work(burst=burst, logging_level="DEBUG" if log_level == "DEBUG" else "WARNING")


@dataclass(frozen=True)
class WorkerSeen:
    """A worker as it last told Redis of itself; ``is_busy`` with a piece of work."""

    name: str
    host: str
    last_heartbeat: datetime | None
    is_busy: bool


def workers(url: str, *, seconds: float) -> list[WorkerSeen]:
    """Every worker that Redis knows, by host and name. One that was killed is known until its time is over. Raises HintLost."""
    connection = Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=None)
    try:
        known = Worker.all(connection=connection, job_class=OwnJob, serializer=JSONSerializer)
    except (RedisError, OSError) as error:
        raise HintLost(type(error).__name__) from error
    finally:
        connection.close()
    seen = [WorkerSeen(each.name, each.hostname or "", _aware(each.last_heartbeat), each.get_state() == "busy") for each in known]
    return sorted(seen, key=lambda each: (each.host, each.name))


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def last_heartbeat(url: str, *, host: str, seconds: float) -> datetime | None:
    """When a worker on that host last told Redis that it lives (it does each minute), or None where there is none. Raises HintLost."""
    known = workers(url, seconds=seconds)
    return max((each.last_heartbeat for each in known if each.host == host and each.last_heartbeat), default=None)


class HintQueue:
    """Hints for the workers, in Redis or Valkey. Every call is bounded by ``seconds``."""

    def __init__(self, url: str, *, seconds: float) -> None:
        self._redis: Redis = Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=None)
        self._queues = {name: Queue(name, connection=self._redis, serializer=JSONSerializer, job_class=OwnJob) for name in QUEUES}

    def hint(self, item_id: str, *, attempt: int, timeout: float, is_slow: bool = False) -> None:
        """A worker that listens will run the item soon; one that ``is_slow`` when nothing else waits. Raises HintLost without Redis.

        A hint that waits already is not given twice: workers slower than the clock would drown in repeats of what they have not
        reached yet.
        ``attempt`` tells it from the hint of an earlier attempt, whose traces a killed worker leaves in Redis.
        """
        job_id = f"{item_id}-{attempt}"
        queue = self._queues[SLOW if is_slow else USUAL]
        try:
            try:
                _enqueue(queue, item_id, timeout=timeout, job_id=job_id)
            except DuplicateJobError:
                if not self._waits(job_id):
                    _enqueue(queue, item_id, timeout=timeout, job_id=None)
        except (RedisError, OSError) as error:
            raise HintLost(type(error).__name__) from error

    def _waits(self, job_id: str) -> bool:
        """Whether the hint waits now, in whichever queue: one that a worker took with it to its death is put back."""
        try:
            job = OwnJob.fetch(job_id, connection=self._redis, serializer=JSONSerializer)
        except NoSuchJobError:
            return False
        if job.get_status(refresh=False) != JobStatus.QUEUED or job.origin not in self._queues:
            return False
        queue = self._queues[job.origin]
        # A worker takes it out of the list first, and says so in the job afterwards.
        if self._redis.lpos(queue.key, job_id) is None:
            queue.push_job_id(job_id)
        return True

    def length(self) -> int:
        """How many hints wait in all queues. Raises HintLost when Redis does not answer."""
        try:
            return sum(int(queue.count) for queue in self._queues.values())
        except (RedisError, OSError) as error:
            raise HintLost(type(error).__name__) from error

    def close(self) -> None:
        self._redis.close()


def _enqueue(queue: Queue, item_id: str, *, timeout: float, job_id: str | None) -> None:
    queue.enqueue_call(
        PERFORM,
        args=(item_id,),
        timeout=int(timeout) + 1,
        result_ttl=0,
        failure_ttl=60,
        ttl=3600,
        job_id=job_id,
        unique=job_id is not None,
    )
