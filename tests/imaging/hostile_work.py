"""What a child may be made to do by a hostile picture, without needing one: work for ``Children``, importable in the child."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

from aizen.errors import TooLarge
from aizen.imaging import Limits, Order, Picture, Rendered
from aizen.imaging.engine import render
from aizen.imaging.inspection import inspect
from aizen.imaging.steps import StepRefused


def by_name(path: str, limits: Limits) -> Picture:
    """Hangs, dies, allocates or refuses as the file's name tells; inspects any other file."""
    actions = {"hang": hang, "hang-in-c": hang_in_c, "crash": crash, "allocate": allocate, "refuse": refuse}
    if action := actions.get(Path(path).name):
        action()
    return inspect(path, limits)


def hang() -> None:
    time.sleep(3600)


def hang_in_c() -> None:
    # Returns to no Python code, so no handler written in Python would run; the signal must kill.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    ctypes.CDLL(None).pause()


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def allocate() -> None:
    held = [bytearray(16 * 1024 * 1024) for _ in range(1000)]
    raise AssertionError(f"{len(held)} blocks were allocated")


def refuse() -> None:
    raise TooLarge("Our own sentence.", code="too_many_pixels", limit=7)


def write_own_id(path: str, _limits: Limits) -> Picture:
    Path(path).write_text(str(os.getpid()), encoding="ascii")
    return Picture(format="png", width=1, height=1, frames=1, has_alpha=False)


def write_modules(path: str, _limits: Limits) -> Picture:
    Path(path).write_text("\n".join(sys.modules), encoding="utf-8")
    return Picture(format="png", width=1, height=1, frames=1, has_alpha=False)


def wait_for_release(path: str, limits: Limits) -> Picture:
    """Says that it has begun, and in which process, by making ``path``.begun, and goes on once ``path``.released is there."""
    begun = Path(f"{path}.begun")
    begun.with_suffix(".new").write_text(str(os.getpid()), encoding="ascii")
    begun.with_suffix(".new").rename(begun)
    while not Path(f"{path}.released").exists():
        time.sleep(0.01)
    return inspect(path, limits)


def render_by_name(order: Order) -> Rendered:
    """As ``by_name``, for an order's source; any other is copied to the target and comes out as large as it was."""
    actions = {"hang": hang, "crash": crash, "allocate": allocate, "refuse": refuse_the_second_step}
    if action := actions.get(Path(order.source).name):
        action()
    Path(order.target).write_bytes(Path(order.source).read_bytes())
    width, height = order.size
    count = Path(order.target).stat().st_size
    return Rendered(format=order.encoding.format, width=width, height=height, frames=1, bytes=count, warnings=(f"in {os.getpid()}",))


def render_when_released(order: Order, *, gate: str) -> Rendered:
    """Renders, after saying by ``gate``.begun that it is about to, and once ``gate``.released is there."""
    Path(f"{gate}.begun").touch()
    while not Path(f"{gate}.released").exists():
        time.sleep(0.01)
    return render(order)


def refuse_the_second_step() -> None:
    raise StepRefused("Our own sentence.", code="crop_outside", step=1, parameter="x", allowed=["0", "399"])
