"""Pictures as values: what a picture is, what is made of it, and what decoding one may cost.

Importing this package loads no decoder. Pillow stays inside its modules: ``structure`` (what a file says of itself before a pixel is
decoded), ``opening`` and ``colors`` (the guarded way to pixels), ``inspection``, ``decoder`` (the child process), ``variants``,
``animation``, ``encoding`` and ``measuring``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

Format = Literal["jpeg", "png", "gif", "webp", "avif"]
Role = Literal["variant", "mezzanine"]

MEDIA_TYPES: dict[Format, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one decode may cost: ``max_pixels`` is width × height × frames, ``max_metadata_bytes`` counts profiles and texts unpacked."""

    max_bytes: int = 10 * 1024 * 1024
    max_pixels: int = 50_000_000
    max_frames: int = 200
    max_scans: int = 100
    max_metadata_bytes: int = 4 * 1024 * 1024
    seconds: float = 10.0
    memory_bytes: int = 512 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture that was decoded whole. Width and height are upright, in pixels; ``has_alpha`` means that some pixel is not opaque."""

    format: Format
    width: int
    height: int
    frames: int
    has_alpha: bool

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.format]

    @property
    def animated(self) -> bool:
        return self.frames > 1


@dataclass(frozen=True, kw_only=True)
class PlannedRendition:
    """A file that will be made of a picture: its name and everything about it but its bytes."""

    name: str
    role: Role
    format: Format
    width: int
    height: int

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.format]


@dataclass(frozen=True, kw_only=True)
class Rendition(PlannedRendition):
    """A file that was made of a picture. It carries pixels in sRGB and no metadata of its source."""

    data: bytes


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """What was measured in a picture's pixels, and may therefore be stated as fact.

    ``thumbhash`` is base64. ``colors`` are ``("#rrggbb", share)`` of the visible pixels, the largest share first; their shares add up to 1.
    The other numbers run from 0 to 1; ``flatness`` is the share of neighbouring pixels that are equal in brightness.
    """

    thumbhash: str
    dominant_color: str
    orientation: Literal["landscape", "portrait", "square"]
    kind: Literal["photograph", "graphic"]
    brightness: float
    contrast: float
    saturation: float
    detail: float
    flatness: float
    transparent: bool
    monochrome: bool
    colors: tuple[tuple[str, float], ...]

    def as_json(self) -> dict[str, Any]:
        """The same facts in types that JSON knows."""
        return {**asdict(self), "colors": [[color, share] for color, share in self.colors]}


class Decoder(Protocol):
    """Whoever decodes an upload before it is answered."""

    def inspect(self, path: str) -> Picture:
        """The picture in the file at ``path``, decoded whole once.

        Raises ``UnsupportedMedia``, ``TooLarge`` or ``Unreadable`` with a code that says why, and ``Unavailable`` when too many wait.
        """

    def close(self) -> None:
        """No process or file of this decoder is left."""
