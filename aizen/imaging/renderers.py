"""Who carries out a rendering: a child of the web process, or a process that is one already, as a worker's is."""

from __future__ import annotations

from collections.abc import Callable

from aizen.errors import AizenError, Infeasible, Unavailable
from aizen.imaging import Order, Rendered
from aizen.imaging.children import Bounds, Children, Failures

Work = Callable[[Order], Rendered]
MEBIBYTE = 1024 * 1024
_ADVICE = "Ask for less at once, or for the mode async."


class ChildRenderer:
    """A ``Renderer`` whose work is done by ``Children``; ``work`` is what a child does with an order.

    Beside what ``work`` raises, these are its errors: Unavailable, code ``renderer_busy`` when more wait than may, ``renderer_down`` when
    there is no child; Infeasible, code ``render_timeout`` or ``render_out_of_memory`` when the rendering costs more than ``bounds`` allow,
    ``render_crashed`` when it has brought its process down.
    """

    def __init__(self, work: Work, bounds: Bounds) -> None:
        self._children = Children(work, bounds, failures_of(bounds))

    def render(self, order: Order) -> Rendered:
        return self._children.ask(order)

    def close(self) -> None:
        self._children.close()


class OwnProcessRenderer:
    """A ``Renderer`` that works in the process of its caller: for a work-horse, a child itself, with an alarm and bounded memory."""

    def __init__(self, work: Work, *, memory_bytes: int) -> None:
        self._work = work
        self._memory_bytes = memory_bytes

    def render(self, order: Order) -> Rendered:
        try:
            return self._work(order)
        except MemoryError as error:
            # Not the job's own answer to it, which is another try: this order will never take less.
            raise _out_of_memory(self._memory_bytes, "DECODE_MEMORY") from error

    def close(self) -> None:
        """There is no other process."""


def failures_of(bounds: Bounds) -> Failures:
    """The errors of a pool that renders within ``bounds``, which name the limit that was passed."""

    def timed_out() -> AizenError:
        detail = f"This takes longer than the {bounds.seconds:g} seconds of one rendering (TRANSFORM_SECONDS). {_ADVICE}"
        return Infeasible(detail, code="render_timeout")

    return Failures(
        busy=lambda seconds: Unavailable("Too many pictures are being rendered now.", code="renderer_busy", retry_after=seconds),
        down=lambda: Unavailable("Pictures cannot be rendered now.", code="renderer_down"),
        timed_out=timed_out,
        out_of_memory=lambda: _out_of_memory(bounds.memory_bytes, "TRANSFORM_MEMORY"),
        crashed=lambda: Infeasible("This rendering makes its process fail.", code="render_crashed"),
    )


def _out_of_memory(memory_bytes: int, setting: str) -> Infeasible:
    detail = f"This takes more than the {memory_bytes // MEBIBYTE} MiB of memory of one rendering ({setting}). {_ADVICE}"
    return Infeasible(detail, code="render_out_of_memory")
