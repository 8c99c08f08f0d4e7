"""Child processes for work on pictures: bounded in time, memory and number, replaced when they die."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from enum import Enum
from threading import Lock
from typing import Any, Generic, TypeVar

from pebble import ProcessExpired, ProcessPool

from aizen.errors import AizenError, Unavailable
from aizen.imaging.memory import leave_no_core, limit_memory

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a pool may cost: ``memory_bytes`` beyond a child's idle size, ``seconds`` of wall time a piece of work.

    At most ``waiting`` callers wait for one of ``processes`` children.
    """

    seconds: float
    memory_bytes: int
    processes: int = 1
    waiting: int = 8


@dataclass(frozen=True, kw_only=True)
class Failures:
    """The errors of a pool in the words of its work, each made when it is raised."""

    busy: Callable[[int], Unavailable]
    """More callers than may wait; it is told after how many seconds they may come again."""
    down: Callable[[], Unavailable]
    timed_out: Callable[[], AizenError]
    out_of_memory: Callable[[], AizenError]
    crashed: Callable[[], AizenError]


class _Lack(Enum):
    """What a child answers that had too little of something. The words for it are the pool's."""

    MEMORY = "memory"
    TIME = "time"


class Children(Generic[_Answer]):
    """Child processes that all do the same ``work``, started at the first use and replaced when they die.

    Children are spawned, not forked: they hold none of the web process's memory, sockets or locks. Safe to call from many threads, and
    after a fork: each process has children of its own. ``work``, its arguments and its answers can be pickled. It is its wall time that is
    bounded: a limit on CPU time (RLIMIT_CPU) counts from the start of a process, which lives for many pieces of work. As a child does one
    piece at a time, in one thread, its CPU time is never more than that.
    """

    def __init__(self, work: Callable[..., _Answer], bounds: Bounds, failures: Failures, *, patience: float | None = None) -> None:
        self._work = work
        self._bounds = bounds
        self._failures = failures
        # A piece's own time runs from the start of its work; this is the time after which even the last that waited must be done.
        self._patience = (bounds.waiting + 1) * (bounds.seconds + 1) + 30 if patience is None else patience
        self._lock = Lock()
        self._pool: ProcessPool | None = None
        self._owner = os.getpid()
        self._callers = 0

    def ask(self, *arguments: Any) -> _Answer:
        """What ``work`` answers of these arguments, or raises of our own errors; else one of ``failures``.

        Whatever comes of it, once this has ended no child works with these arguments any more, but for a moment that it takes to end one.
        """
        self._enter()
        try:
            return self._told(arguments)
        finally:
            with self._lock:
                self._callers -= 1

    def close(self) -> None:
        """No child is left. The next use starts others."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None and self._owner == os.getpid():
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()

    def _told(self, arguments: tuple[Any, ...]) -> _Answer:
        try:
            answer = self._asked(arguments)
        except BrokenProcessPool:
            # The child was killed from outside (pebble gives the whole pool up if it was idle): the work has done nothing to deserve it.
            self._renew()
            answer = self._asked_again(arguments)
        if isinstance(answer, AizenError):
            raise answer
        return answer

    def _asked_again(self, arguments: tuple[Any, ...]) -> _Answer | AizenError:
        try:
            return self._asked(arguments)
        except BrokenProcessPool as error:
            raise self._failures.down() from error

    def _asked(self, arguments: tuple[Any, ...]) -> _Answer | AizenError:
        ends = time.monotonic() + self._patience
        try:
            future = self._running().schedule(_answer, args=(self._work, arguments, ends), timeout=self._bounds.seconds)
        except RuntimeError as error:
            raise BrokenProcessPool from error
        try:
            answer: _Answer | AizenError | _Lack = future.result(self._patience)
        except TimeoutError as error:
            # The files that it names are somebody else's soon: a piece that is under way is ended, and one that is not never begins.
            if future.cancel():  # type: ignore[no-untyped-call]
                raise self._failures.down() from error
            return self._failures.timed_out()
        except ProcessExpired as expired:
            if expired.exitcode == -signal.SIGTERM:
                # No picture does that: some hosts stop a service by a signal to each of its processes, while requests may still finish.
                raise BrokenProcessPool from expired
            return self._failures.crashed()
        if answer is _Lack.TIME:
            raise self._failures.down()
        return self._failures.out_of_memory() if answer is _Lack.MEMORY else answer

    def _enter(self) -> None:
        self._running()
        with self._lock:
            if self._callers >= self._bounds.processes + self._bounds.waiting:
                raise self._failures.busy(max(1, round(self._bounds.seconds / 2)))
            self._callers += 1

    def _running(self) -> ProcessPool:
        with self._lock:
            if self._owner != os.getpid():
                # After a fork the children and those who wait for them are the other process's.
                self._pool, self._owner, self._callers = None, os.getpid(), 0
            if self._pool is None:
                self._pool = self._started()
            return self._pool

    def _renew(self) -> None:
        with self._lock:
            if self._pool is not None and not self._pool.active:
                self._pool.stop()  # type: ignore[no-untyped-call]
                self._pool = self._started()

    def _started(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._bounds.processes,
            initializer=_confine,
            initargs=(self._bounds.memory_bytes,),
            context=multiprocessing.get_context("spawn"),
        )


def _confine(memory_bytes: int) -> None:
    # A handler in Python, as pebble sets, waits for the decoder's C code to come back, which is what a hanging one does not do.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    leave_no_core()
    limit_memory(memory_bytes)


def _answer(work: Callable[..., _Answer], arguments: tuple[Any, ...], ends: float) -> _Answer | AizenError | _Lack:
    # Whoever asked has gone by then. What they cancelled is on its way to us all the same, and would run until it is noticed that it does.
    # All processes have this clock in common.
    if time.monotonic() >= ends:
        return _Lack.TIME
    # Errors come back as values: pebble would carry the child's traceback along with an exception.
    try:
        return work(*arguments)
    except AizenError as error:
        return error.with_traceback(None)
    except MemoryError:
        return _Lack.MEMORY
