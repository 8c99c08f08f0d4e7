"""Decoding where it cannot hurt: in a child process with bounded time and memory."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from threading import Lock

from pebble import ProcessExpired, ProcessPool

from aizen.errors import AizenError, Unavailable, Unreadable
from aizen.imaging import Limits, Picture
from aizen.imaging.inspection import inspect
from aizen.imaging.memory import leave_no_core, limit_memory

Work = Callable[[str, Limits], Picture]


class ChildDecoder:
    """A ``Decoder`` whose work is done by child processes, which are started at the first use and replaced when they die.

    A child has ``limits.memory_bytes`` beyond its idle size and ``limits.seconds`` of wall time a picture. At most ``waiting`` callers wait
    for one of ``processes`` children. Children are spawned, not forked: they hold none of the web process's memory, sockets or locks.
    Safe to call from many threads, and after a fork: each process has children of its own. ``work`` is what a child does with a path.
    """

    def __init__(self, limits: Limits, *, processes: int = 1, waiting: int = 8, work: Work = inspect) -> None:
        self._limits = limits
        self._processes = processes
        self._waiting = waiting
        self._work = work
        # A picture's own time runs from the start of its work; this is the time after which even the last that waited must be done.
        self._patience = (waiting + 1) * (limits.seconds + 1) + 30
        self._lock = Lock()
        self._children: ProcessPool | None = None
        self._owner = os.getpid()
        self._callers = 0

    def inspect(self, path: str) -> Picture:
        self._enter()
        try:
            return self._inspect(path)
        finally:
            with self._lock:
                self._callers -= 1

    def close(self) -> None:
        with self._lock:
            children, self._children = self._children, None
        if children is not None and self._owner == os.getpid():
            children.stop()  # type: ignore[no-untyped-call]
            children.join()

    def _inspect(self, path: str) -> Picture:
        try:
            answer = self._ask(path)
        except BrokenProcessPool:
            # The child was killed from outside (pebble gives the whole pool up if it was idle): the picture has done nothing to deserve it.
            self._renew()
            answer = self._ask_again(path)
        if isinstance(answer, AizenError):
            raise answer
        return answer

    def _ask_again(self, path: str) -> Picture | AizenError:
        try:
            return self._ask(path)
        except BrokenProcessPool as error:
            raise Unavailable("Pictures cannot be read now.", code="decoder_down") from error

    def _ask(self, path: str) -> Picture | AizenError:
        try:
            future = self._pool().schedule(_answer, args=(self._work, path, self._limits), timeout=self._limits.seconds)
        except RuntimeError as error:
            raise BrokenProcessPool from error
        try:
            answer: Picture | AizenError = future.result(self._patience)
        except TimeoutError as error:
            if not future.done():
                raise Unavailable("Pictures cannot be read now.", code="decoder_down") from error
            return Unreadable("Decoding this picture takes longer than is allowed.", code="decode_timeout")
        except ProcessExpired as expired:
            if expired.exitcode == -signal.SIGTERM:
                # No picture does that: some hosts stop a service by a signal to each of its processes, while requests may still finish.
                raise BrokenProcessPool from expired
            return Unreadable("This picture makes its decoder fail.", code="decode_crashed")
        return answer

    def _enter(self) -> None:
        self._pool()
        with self._lock:
            if self._callers >= self._processes + self._waiting:
                retry_after = max(1, round(self._limits.seconds / 2))
                raise Unavailable("Too many pictures are being read now.", code="decoder_busy", retry_after=retry_after)
            self._callers += 1

    def _pool(self) -> ProcessPool:
        with self._lock:
            if self._owner != os.getpid():
                # After a fork the children and those who wait for them are the other process's.
                self._children, self._owner, self._callers = None, os.getpid(), 0
            if self._children is None:
                self._children = self._start()
            return self._children

    def _renew(self) -> None:
        with self._lock:
            if self._children is not None and not self._children.active:
                self._children.stop()  # type: ignore[no-untyped-call]
                self._children = self._start()

    def _start(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._processes,
            initializer=_confine,
            initargs=(self._limits.memory_bytes,),
            context=multiprocessing.get_context("spawn"),
        )


def _confine(memory_bytes: int) -> None:
    # A handler in Python, as pebble sets, waits for the decoder's C code to come back, which is what a hanging one does not do.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    leave_no_core()
    limit_memory(memory_bytes)


def _answer(work: Work, path: str, limits: Limits) -> Picture | AizenError:
    # Errors come back as values: pebble would carry the child's traceback along with an exception.
    try:
        return work(path, limits)
    except AizenError as error:
        return error.with_traceback(None)
    except MemoryError:
        return Unreadable("Decoding this picture takes more memory than is allowed.", code="decode_out_of_memory")
