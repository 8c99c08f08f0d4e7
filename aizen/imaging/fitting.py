"""The best quality at which a file is no larger than it may be."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from aizen.imaging.steps import OutputRefused

# So many steps of quality halve a file, roughly and in any format: where the search starts.
_HALVING = 25
# A file that takes so much of its room is good enough not to be encoded once more.
_FULL = 0.96


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A file that is small enough, and the quality that it has."""

    data: bytes
    quality: int


def fitted(encode: Callable[[int], bytes], quality: int, *, max_bytes: int | None, encodings: int, lowest: int = 1) -> Fitted:
    """The file of ``quality``, or of the best lower one found that has at most ``max_bytes``; ``lowest`` is tried before giving up.

    ``encodings`` bounds how often ``encode`` is called, from 2. Raises ``OutputRefused`` (max_bytes) that names the smallest size reached.
    """
    data = encode(quality)
    if max_bytes is None or len(data) <= max_bytes:
        return Fitted(data=data, quality=quality)
    search = _Search(max_bytes=max_bytes, below=lowest - 1, above=quality, above_bytes=len(data), smallest=len(data))
    for left in range(encodings - 1, 0, -1):
        if search.is_done:
            break
        tried = search.next_quality(left=left, lowest=lowest)
        search.learn(tried, encode(tried))
    if search.best is None:
        detail = f"The smallest file that this format gives of the picture has {search.smallest} bytes."
        raise OutputRefused(detail, code="max_bytes_unreachable", parameter="max_bytes", allowed=(f"{search.smallest} or more",))
    return search.best


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
