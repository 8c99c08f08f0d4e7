"""What tells pictures from each other: a digest of their very pixels, and a hash that hardly changes when those do."""

from __future__ import annotations

import hashlib

from PIL import Image

from aizen.errors import Unreadable
from aizen.imaging import Limits
from aizen.imaging.animation import Reel
from aizen.imaging.canvas import Canvas, decoded
from aizen.imaging.colors import direct
from aizen.imaging.encoding import on_white
from aizen.imaging.opening import decoding, opened, opened_bytes, orientation
from aizen.imaging.turns import TURNS, Size

# Part of every digest: whoever changes what is digested changes this too, so that no old digest equals a new one by mistake.
_RULES = "aizen-pixels-1"
# So many pixels are converted at a time. Their copies take some ten megabytes beside the decoded picture.
_STRIP_PIXELS = 1 << 20
_COLUMNS, _ROWS = 8, 8


def pixels_sha256(path: str, *, limits: Limits) -> str:
    """The SHA-256 of the picture at ``path`` as it is seen: upright, in sRGB, 8 bits a channel, every frame of an animation.

    The same pixels have the same digest in every file: in whatever format, and turned by EXIF or really. What is wholly transparent has no
    colour, and for how long a frame is seen makes no difference. Raises ``Unreadable`` and whatever else ``inspection.inspect`` raises.
    """
    with opened(path, limits) as source:
        turn = TURNS[orientation(source)]
        size, profile = turn.size(source.size), source.info.get("icc_profile")
        digest, reel = _PixelDigest(size), Reel(source)
        if reel.count == 1:
            digest.add(decoded(source, size, least=size))
        else:
            for frame in range(reel.count):
                pixels = reel.pixels(frame)
                digest.add(Canvas(image=pixels, box=(0, 0, *pixels.size), size=size, turn=turn, profile=profile))
        return digest.hexdigest()


class PixelsSeen:
    """The ``pixels_sha256`` of a still, taken from whoever decodes it anyway: None until then, and where it cannot be taken."""

    def __init__(self) -> None:
        self.sha256: str | None = None

    def see(self, canvas: Canvas) -> None:
        """The digest has been taken, if ``canvas`` has all pixels of the picture and there is the memory to do so."""
        if canvas.image.size != canvas.turn.size(canvas.size):
            return
        digest = _PixelDigest(canvas.size)
        try:
            digest.add(canvas)
        except Unreadable:
            return
        self.sha256 = digest.hexdigest()


class _PixelDigest:
    """The digest of a picture's frames. Colour and opacity are digested apart: that there is any alpha shows at the end only."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._frames = 0
        self._is_opaque = True
        self._color, self._opacity = hashlib.sha256(), hashlib.sha256()

    def add(self, canvas: Canvas) -> None:
        """The next frame is digested, strip by strip. Raises ``Unreadable``."""
        width, height = self._size
        rows = max(1, _STRIP_PIXELS // width)
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            with decoding():
                self._add_strip(canvas.pixels(size=(width, bottom - top), part=(0, top, width, bottom)))
        self._frames += 1

    def _add_strip(self, strip: Image.Image) -> None:
        color = strip if strip.mode == "RGB" else strip.convert("RGB")
        if strip.mode in ("LA", "RGBA"):
            alpha = strip.getchannel("A")
            least, _ = alpha.getextrema()
            self._is_opaque = self._is_opaque and least == 255
            self._opacity.update(alpha.tobytes())
            if least == 0:
                # Encoders write there what they like: nobody sees it.
                color.paste((0, 0, 0), mask=alpha.point(lambda value: 0 if value else 255))
        self._color.update(color.tobytes())

    def hexdigest(self) -> str:
        mode, alpha = ("RGB", "") if self._is_opaque else ("RGBA", self._opacity.hexdigest())
        told = f"{_RULES} {mode} {self._size[0]}x{self._size[1]} {self._frames} {self._color.hexdigest()} {alpha}"
        return hashlib.sha256(told.encode("ascii")).hexdigest()


def dhash(data: bytes, *, limits: Limits | None = None) -> int:
    """The 64-bit difference hash of the picture in ``data``, a small level: upright, in sRGB. Raises ``Unreadable``.

    Of 9 × 8 gray pixels, row by row, each bit says whether one is lighter than its left neighbour; the first is the highest. Alpha is laid
    on white. As databases have no unsigned numbers, the highest bit is the sign (two's complement).
    """
    with opened_bytes(data, limits or Limits()) as image, decoding():
        image.load()
        gray = on_white(direct(image)).convert("L").resize((_COLUMNS + 1, _ROWS), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            at = row * (_COLUMNS + 1) + column
            bits = bits << 1 | (gray[at + 1] > gray[at])
    return bits - (1 << 64) if bits >> 63 else bits
