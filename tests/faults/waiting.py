"""Waiting for what must come true: a condition and a deadline, never a nap and a hope."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(
    condition: Callable[[], T], *, what: str, seconds: float = 30.0, story: Callable[[], str] = str, interval: float = 0.02
) -> T:
    """The first true value of the condition. Fails after ``seconds`` with ``what`` was waited for and the ``story`` of that moment.

    A condition that is costly is looked at with longer pauses: what it takes of the machine, what is waited for does not get.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}\n{story()}")
        time.sleep(interval)
    return value
