"""Decoding where it cannot hurt: in a child process with bounded time and memory, or in a process that is one already."""

from __future__ import annotations

from collections.abc import Callable

from aizen.errors import Unavailable, Unreadable
from aizen.imaging import Limits, Picture
from aizen.imaging.children import Bounds, Children, Failures
from aizen.imaging.inspection import inspect

Work = Callable[[str, Limits], Picture]

FAILURES = Failures(
    busy=lambda seconds: Unavailable("Too many pictures are being read now.", code="decoder_busy", retry_after=seconds),
    down=lambda: Unavailable("Pictures cannot be read now.", code="decoder_down"),
    timed_out=lambda: Unreadable("Decoding this picture takes longer than is allowed.", code="decode_timeout"),
    out_of_memory=lambda: Unreadable("Decoding this picture takes more memory than is allowed.", code="decode_out_of_memory"),
    crashed=lambda: Unreadable("This picture makes its decoder fail.", code="decode_crashed"),
)


class ChildDecoder:
    """A ``Decoder`` whose work is done by ``Children``, within the seconds and bytes of memory of ``limits``.

    ``work`` is what a child does with a path.
    """

    def __init__(self, limits: Limits, *, processes: int = 1, waiting: int = 8, work: Work = inspect) -> None:
        self._limits = limits
        bounds = Bounds(seconds=limits.seconds, memory_bytes=limits.memory_bytes, processes=processes, waiting=waiting)
        self._children = Children(work, bounds, FAILURES)

    def inspect(self, path: str) -> Picture:
        return self._children.ask(path, self._limits)

    def close(self) -> None:
        self._children.close()


class OwnProcessDecoder:
    """A ``Decoder`` that works in the process of its caller: for a work-horse, a child itself, with an alarm and bounded memory."""

    def __init__(self, limits: Limits, *, work: Work = inspect) -> None:
        self._limits = limits
        self._work = work

    def inspect(self, path: str) -> Picture:
        try:
            return self._work(path, self._limits)
        except MemoryError as error:
            # Not the job's own answer to it, which is another try: this picture will never take less.
            raise FAILURES.out_of_memory() from error

    def close(self) -> None:
        """There is no other process."""
