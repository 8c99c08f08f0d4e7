"""The best quality at which a file is no larger than it may be."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from aizen.imaging.steps import OutputRefused

# So many steps of quality halve a file, roughly and in any format: where the search starts.
_HALVING = 25
# A file that takes so much of its room is good enough not to be encoded once more.
_FULL = 0.96
# By estimates so much of the room is aimed at, and less after each file that was too large all the same: three, and the lowest quality
# after them, are all that are ever made. A file that would be no more than so many steps better is not.
_AIMS = (0.96, 0.92, 0.75)
_BETTER = 4
# Up to so many times the room by the estimate, what was asked for is tried before it is lowered.
_DOUBT = 1.02


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A file that is small enough, and the quality that it has."""

    data: bytes
    quality: int


def fitted(
    encode: Callable[[int], bytes],
    quality: int,
    *,
    max_bytes: int | None,
    encodings: int,
    lowest: int = 1,
    estimate: Callable[[int], float] | None = None,
    enough: float = _FULL,
) -> Fitted:
    """The file of ``quality``, or of the best lower one found that has at most ``max_bytes``; ``lowest`` is tried before giving up.

    ``encodings`` bounds how often ``encode`` is called, from 2. ``estimate`` tells about how large its file will be, at far less cost: the
    search is then done by it, one to three files are made, and one that fills ``enough`` of its room is taken. Raises ``OutputRefused``
    (max_bytes) that names the smallest size reached.
    """
    if max_bytes is None:
        return Fitted(data=encode(quality), quality=quality)
    if estimate is not None:
        guide = _Guide(max_bytes=max_bytes, below=lowest - 1, above=quality + 1, enough=enough, estimate=estimate)
        return _guided(encode, quality, guide=guide)
    data = encode(quality)
    if len(data) <= max_bytes:
        return Fitted(data=data, quality=quality)
    search = _Search(max_bytes=max_bytes, below=lowest - 1, above=quality, above_bytes=len(data), smallest=len(data))
    for left in range(encodings - 1, 0, -1):
        if search.is_done:
            break
        tried = search.next_quality(left=left, lowest=lowest)
        search.learn(tried, encode(tried))
    return search.best or _refuse(search.smallest)


def _refuse(smallest: int) -> NoReturn:
    detail = f"The smallest file that this format gives of the picture has {smallest} bytes."
    raise OutputRefused(detail, code="max_bytes_unreachable", parameter="max_bytes", allowed=(f"{smallest} or more",))


def _guided(encode: Callable[[int], bytes], quality: int, *, guide: _Guide) -> Fitted:
    tried = quality if guide.estimate(quality) <= _DOUBT * guide.max_bytes else guide.next_quality(aim=_AIMS[0])
    for aim in _AIMS[1:]:
        guide.learn(tried, encode(tried))
        if guide.is_done:
            return guide.best or _refuse(guide.smallest)
        tried = guide.next_quality(aim=aim)
        if guide.best is not None and tried - guide.best.quality < _BETTER:
            return guide.best
    guide.learn(tried, encode(tried))
    if guide.best is None and guide.below + 1 < guide.above:
        guide.learn(guide.below + 1, encode(guide.below + 1))
    return guide.best or _refuse(guide.smallest)


@dataclass(kw_only=True)
class _Guide:
    """A search by estimates, which each whole file corrects; ``below`` and ``above`` are as in ``_Search``, ``enough`` as in ``fitted``."""

    max_bytes: int
    below: int
    above: int
    enough: float
    estimate: Callable[[int], float]
    # How many times its estimate the last file was.
    correction: float = 1.0
    smallest: int = sys.maxsize
    best: Fitted | None = field(default=None)

    @property
    def is_done(self) -> bool:
        return self.above - self.below <= 1 or (self.best is not None and len(self.best.data) >= self.enough * self.max_bytes)

    def next_quality(self, *, aim: float) -> int:
        """The best quality between those known whose file should fill ``aim`` of the room; the lowest of them where none should."""
        fits, fails = self.below, self.above
        while fails - fits > 1:
            middle = (fits + fails) // 2
            if self.correction * self.estimate(middle) <= aim * self.max_bytes:
                fits = middle
            else:
                fails = middle
        return fits if fits > self.below or self.best is not None else self.below + 1

    def learn(self, quality: int, data: bytes) -> None:
        self.smallest = min(self.smallest, len(data))
        self.correction = len(data) / self.estimate(quality)
        if len(data) <= self.max_bytes:
            self.below, self.best = quality, Fitted(data=data, quality=quality)
        else:
            self.above = quality


@dataclass(kw_only=True)
class _Search:
    """``below`` is the best quality that fits, or one less than the lowest; ``above`` the lowest known not to fit."""

    max_bytes: int
    below: int
    above: int
    above_bytes: int
    smallest: int
    best: Fitted | None = field(default=None)

    @property
    def is_done(self) -> bool:
        return self.above - self.below <= 1 or (self.best is not None and len(self.best.data) >= _FULL * self.max_bytes)

    def next_quality(self, *, left: int, lowest: int) -> int:
        if self.best is None:
            guess = self.above - math.ceil(_HALVING * math.log2(self.above_bytes / self.max_bytes))
            return lowest if left == 1 else self._between(guess, least=0.25, most=0.5)
        # Sizes grow by about the same factor with each step: the guess lies on the line between two logarithms.
        known = math.log(self.above_bytes / len(self.best.data))
        share = math.log(self.max_bytes / len(self.best.data)) / known if known > 0 else 0.5
        return self._between(self.below + math.floor(share * (self.above - self.below)), least=0.25, most=0.75)

    def learn(self, quality: int, data: bytes) -> None:
        self.smallest = min(self.smallest, len(data))
        if len(data) <= self.max_bytes:
            self.below, self.best = quality, Fitted(data=data, quality=quality)
        else:
            self.above, self.above_bytes = quality, len(data)

    def _between(self, quality: int, *, least: float, most: float) -> int:
        """``quality``, kept from the ends: where sizes grow otherwise than guessed, the range would be walked step by step."""
        span = self.above - self.below
        kept = min(max(quality, self.below + round(least * span)), self.below + round(most * span))
        return min(max(kept, self.below + 1), self.above - 1)
