"""Animations, one frame in memory at a time."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from aizen.imaging import Limits
from aizen.imaging.colors import direct, to_srgb, uses_alpha
from aizen.imaging.encoding import told_transparent
from aizen.imaging.opening import decoding, frame_count, opened, orientation, swaps_sides, upright

_QUALITY = 75
# Method 4 finds a few per cent that nobody waits for, at twice the time, times every frame.
_METHOD = 2


def animated_webp(path: str, *, size: tuple[int, int], limits: Limits) -> bytes:
    """The animation at ``path`` as an animated WebP of ``size``: every frame, with its duration and the number of repeats kept."""
    file = BytesIO()
    with opened(path, limits) as source:
        frames = _Frames(source, size)
        loop = _loop(source)
        frames.save(
            file,
            "WEBP",
            save_all=True,
            duration=frames.durations,
            loop=loop,
            quality=_QUALITY,
            method=_METHOD,
            background=(0, 0, 0, 0),
        )
        return told_transparent(file.getvalue()) if frames.has_alpha else file.getvalue()


def _loop(source: Image.Image) -> int:
    """How often a WebP must say that it plays (0: for ever), to play as often as its source."""
    repeats = source.info.get("loop")
    if source.format != "GIF":
        return int(repeats or 0)
    # A GIF says how often it is repeated after the first time, and plays once where it says nothing.
    return 1 if repeats is None else (int(repeats) + 1 if repeats else 0)


class _Frames(Image.Image):
    """The frames of a source, each prepared when Pillow's encoder seeks to it.

    Pillow makes a list of whatever is to be appended, which would hold every frame at once; it seeks in an image that has many.
    """

    def __init__(self, source: Image.Image, size: tuple[int, int]) -> None:
        super().__init__()
        self._source = source
        self._canvas = source.size
        self._target = size
        self._profile = source.info.get("icc_profile")
        self._turn = orientation(source)
        # An APNG may carry a still for viewers that do not animate, which is no part of the animation.
        self._first = 1 if source.info.get("default_image") else 0
        self.n_frames = frame_count(source) - self._first
        self.is_animated = self.n_frames > 1
        self.durations: list[float] = []
        self.has_alpha = False
        self._frame = -1
        self.seek(0)

    def seek(self, frame: int) -> None:
        if frame == self._frame:
            return
        with decoding():
            self._source.seek(frame + self._first)
            self._source.load()
            prepared = self._prepare(self._source)
        self._mode, self._size, self.im = prepared.mode, prepared.size, prepared.im
        self._frame = frame
        self.has_alpha = self.has_alpha or uses_alpha(prepared)
        # The encoder reads a frame's duration after it has sought it: the list grows just ahead of it.
        if frame == len(self.durations):
            self.durations.append(float(self._source.info.get("duration", 0)))

    def tell(self) -> int:
        return self._frame

    def _prepare(self, frame: Image.Image) -> Image.Image:
        # A GIF's later frame may reach over the first one's canvas.
        pixels = direct(frame).convert("RGBA").crop((0, 0, *self._canvas))
        stored = (self._target[1], self._target[0]) if swaps_sides(self._turn) else self._target
        pixels = pixels.resize(stored, Image.Resampling.LANCZOS)
        pixels.info = {}
        return to_srgb(upright(pixels, self._turn), self._profile)
