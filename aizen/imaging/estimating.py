"""How large a file will be, told from a sample of its picture or of its frames, without encoding the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from PIL import Image

from aizen.imaging.likeness import sample

Estimate = Callable[[int], float]

# No larger than this, a picture is encoded as often as a search likes.
_SMALL_PIXELS = 1_000_000
# 6 × 6 tiles of 128 px: sizes are told to about a twentieth, where 4 × 4 tell them to a tenth.
_SIDE, _TILES = 768, 6
# Larger tiles of frames: where nothing moves in any of them, they are packed as no more than one.
_FRAME_SIDE, _FRAME_TILES = 256, 2
# Frames are packed as what differs from the one before, so they are sampled in runs; WebP starts anew with about every fifth, and a run
# has one such in it.
_RUNS, _RUN = 2, 6


class Excerpt(Image.Image):
    """A few frames in memory, in the shape in which encoders take an animation."""

    def __init__(self, pictures: Sequence[Image.Image]) -> None:
        super().__init__()
        self._pictures = pictures
        self.n_frames = len(pictures)
        self.is_animated = self.n_frames > 1
        self.durations = [100.0] * self.n_frames
        self.loop = 0
        self.has_alpha = False
        self._frame = -1
        self.seek(0)

    def seek(self, frame: int) -> None:
        picture = self._pictures[frame]
        self._mode, self._size, self.im = picture.mode, picture.size, picture.im
        self._frame = frame

    def tell(self) -> int:
        return self._frame


def of_still(image: Image.Image, encode: Callable[[Image.Image, int], bytes]) -> Estimate | None:
    """What ``encode`` makes of ``image`` has about so many bytes at a quality; None where it is small enough to be encoded at will."""
    if image.width * image.height <= _SMALL_PIXELS:
        return None
    taken = sample(image, side=_SIDE, tiles=_TILES)
    more = image.width * image.height / (taken.width * taken.height)
    pixel = image.crop((0, 0, 1, 1))

    @cache
    def estimate(quality: int) -> float:
        # Headers and what they say do not grow with the picture.
        header = len(encode(pixel, quality))
        return header + more * max(len(encode(taken, quality)) - header, 1)

    return estimate


def of_animation(
    size: tuple[int, int], count: int, frame: Callable[[int], Image.Image], encode: Callable[[Excerpt, int], bytes]
) -> Estimate | None:
    """The same of an animation with ``count`` frames of ``size``, of which ``frame`` gives any."""
    if size[0] * size[1] * count <= _SMALL_PIXELS:
        return None
    runs = [[sample(frame(number), side=_FRAME_SIDE, tiles=_FRAME_TILES) for number in run] for run in _runs(count)]
    taken = runs[0][0]
    more = size[0] * size[1] / (taken.width * taken.height)

    @cache
    def estimate(quality: int) -> float:
        first = sum(len(encode(Excerpt(run[:1]), quality)) for run in runs) / len(runs)
        whole = sum(len(encode(Excerpt(run), quality)) for run in runs) / len(runs)
        following = (whole - first) / max(len(runs[0]) - 1, 1)
        return more * (first + max(following, 1) * (count - 1))

    return estimate


def _runs(count: int) -> list[range]:
    if count <= _RUNS * _RUN:
        return [range(count)]
    return [range(start, start + _RUN) for start in ((count - _RUN) * number // (_RUNS - 1) for number in range(_RUNS))]
