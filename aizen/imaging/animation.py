"""Animations, one frame in memory at a time."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from PIL import Image

from aizen.imaging import Limits
from aizen.imaging.colors import direct, to_srgb, uses_alpha
from aizen.imaging.encoding import told_transparent
from aizen.imaging.opening import decoding, opened, orientation, shown_frames, swaps_sides, upright
from aizen.imaging.turns import Size

_QUALITY = 75
# Method 4 finds a few per cent that nobody waits for, at twice the time, times every frame.
_METHOD = 2


def animated_webp(path: str, *, size: Size, limits: Limits, xmp: bytes = b"") -> bytes:
    """The animation at ``path`` as an animated WebP of ``size``: every frame, with its duration and the number of repeats kept.

    ``xmp`` is a packet that the file carries.
    """
    file = BytesIO()
    with opened(path, limits) as source:
        frames = Frames(source, _resizing(source, size))
        frames.save(
            file,
            "WEBP",
            save_all=True,
            duration=frames.durations,
            loop=frames.loop,
            quality=_QUALITY,
            method=_METHOD,
            background=(0, 0, 0, 0),
            xmp=xmp,
        )
        return told_transparent(file.getvalue()) if frames.has_alpha else file.getvalue()


def _resizing(source: Image.Image, size: Size) -> Callable[[Image.Image], Image.Image]:
    turn, profile = orientation(source), source.info.get("icc_profile")
    stored = (size[1], size[0]) if swaps_sides(turn) else size

    def resized(frame: Image.Image) -> Image.Image:
        with decoding():
            return to_srgb(upright(frame.resize(stored, Image.Resampling.LANCZOS), turn), profile)

    return resized


def _loop(source: Image.Image) -> int:
    """How often a WebP must say that it plays (0: for ever), to play as often as its source."""
    repeats = source.info.get("loop")
    if source.format != "GIF":
        return int(repeats or 0)
    # A GIF says how often it is repeated after the first time, and plays once where it says nothing.
    return 1 if repeats is None else (int(repeats) + 1 if repeats else 0)


class Reel:
    """The frames of a source, counted from 0."""

    def __init__(self, source: Image.Image) -> None:
        self._source = source
        self._size = source.size
        self._shown = shown_frames(source)
        self.count = len(self._shown)
        self.loop = _loop(source)

    def pixels(self, frame: int) -> Image.Image:
        """Frame ``frame`` whole, RGBA, as it is stored. Raises ``Unreadable``."""
        with decoding():
            self._source.seek(self._shown[frame])
            self._source.load()
            # A GIF's later frame may reach over the first one's canvas.
            pixels = direct(self._source).convert("RGBA").crop((0, 0, *self._size))
        pixels.info = {}
        return pixels

    def duration(self) -> float:
        """How long the frame that was sought last is seen, in milliseconds."""
        return float(self._source.info.get("duration", 0))


class Frames(Image.Image):
    """The frames of a source, each prepared by ``prepare`` when Pillow's encoder seeks to it.

    Pillow makes a list of whatever is to be appended, which would hold every frame at once; it seeks in an image that has many.
    ``prepare`` gets a frame as ``Reel.pixels`` gives it, and makes pictures of one size of all of them. ``durations`` (milliseconds) holds
    those of the frames that were sought; ``loop`` says how often the animation plays, 0 for ever.
    """

    def __init__(self, source: Image.Image, prepare: Callable[[Image.Image], Image.Image]) -> None:
        super().__init__()
        self._reel = Reel(source)
        self._prepare = prepare
        self.n_frames = self._reel.count
        self.is_animated = self.n_frames > 1
        self.durations: list[float] = []
        self.loop = self._reel.loop
        self.has_alpha = False
        self._frame = -1
        self.seek(0)

    def seek(self, frame: int) -> None:
        if frame == self._frame:
            return
        if not 0 <= frame < self.n_frames:
            # So does every image of Pillow; its GIF encoder counts on it.
            raise EOFError(frame)
        prepared = self._prepare(self._reel.pixels(frame))
        self._mode, self._size, self.im = prepared.mode, prepared.size, prepared.im
        self._frame = frame
        self.has_alpha = self.has_alpha or uses_alpha(prepared)
        # The encoder reads a frame's duration after it has sought it: the list grows just ahead of it.
        if frame == len(self.durations):
            self.durations.append(self._reel.duration())

    def tell(self) -> int:
        return self._frame
