"""Pictures as values: what a picture is, what is made of it, and what decoding one may cost.

Importing this package loads no decoder. Pillow stays inside its modules: ``structure`` (what a file says of itself before a pixel is
decoded), ``opening`` and ``colors`` (the guarded way to pixels), ``inspection``, ``children`` (processes in which a hostile file can do
no harm), ``decoder`` and ``renderers`` on top of them, ``variants``, ``animation``, ``encoding`` and ``measuring``; and for
transformations ``steps`` (what can be asked, without Pillow), ``geometry`` and ``prediction`` (what comes of it, without Pillow),
``canvas``, ``editing``, ``filters``, ``watermarks`` (with ``typeface``), ``attention``, ``rights`` (with ``xmp``), ``writing`` (with
``fitting``, ``estimating``, ``likeness``, ``palettes`` and ``gif``) and ``engine``, which joins them; and for pictures that a model has
made ``provenance`` (what is to be said of them, without Pillow) and ``stamping`` (what a painter sends, so that it says it). ``placards``
draws where no model paints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

from aizen.imaging.steps import Step

# What is taken.
Format = Literal["jpeg", "png", "gif", "webp", "avif"]
# What is made.
OutputFormat = Literal["jpeg", "png", "gif", "webp", "avif", "tiff"]
Role = Literal["variant", "mezzanine"]

MEDIA_TYPES: dict[Format, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
}
OUTPUT_MEDIA_TYPES: dict[OutputFormat, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    "gif": "image/gif",
    "tiff": "image/tiff",
}
# Which of them keep an animation.
ANIMATED_FORMATS: tuple[OutputFormat, ...] = ("webp", "gif")
# Which of them have alpha. GIF's is all or nothing.
ALPHA_FORMATS: tuple[OutputFormat, ...] = ("png", "webp", "avif", "gif", "tiff")


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
class Rights:
    """What a picture says of its maker and its making, and what every file made of it goes on saying: plain text, each at most 500
    characters. ``digital_source_type`` is a term of the IPTC vocabulary of that name, such as ``trainedAlgorithmicMedia``."""

    creator: str | None = None
    copyright: str | None = None
    digital_source_type: str | None = None


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture that was decoded whole. Width and height are upright, in pixels; ``has_alpha`` means that some pixel is not opaque.

    ``lacks_profile`` means that its colours are guessed: it is CMYK, and no profile says of which inks.
    """

    format: Format
    width: int
    height: int
    frames: int
    has_alpha: bool
    rights: Rights | None = None
    lacks_profile: bool = False

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
    """A file that was made of a picture. It carries pixels in sRGB and no metadata of its source but the digital source type."""

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


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """The file that a rendering writes. ``quality`` None is the format's own; ``max_bytes`` lowers it until the file fits."""

    format: OutputFormat
    quality: int | Literal["auto"] | None = None
    max_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Order:
    """A rendering: the file to start from, what is done to its picture, and the file that is written.

    ``source`` is the original or a level of it; ``size`` is the original's, upright, which every coordinate of ``steps`` refers to.
    ``watermarks`` has a file for each picture that a step names. ``frame`` asks for a still of an animation; None keeps all frames.
    ``font`` is a TrueType or OpenType file for watermarks, None the built-in one. ``max_side`` bounds the result in pixels. Everything in
    it can be pickled: it goes to another process.
    """

    source: str
    target: str
    size: tuple[int, int]
    steps: tuple[Step, ...]
    encoding: Encoding
    limits: Limits
    max_side: int
    frame: int | None = None
    focal_point: tuple[float, float] | None = None
    watermarks: Mapping[str, str] = field(default_factory=dict)
    rights: Rights | None = None
    font: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The file that a rendering has written to its target; ``warnings`` are codes, each once, in the order in which they arose."""

    format: OutputFormat
    width: int
    height: int
    frames: int
    bytes: int
    warnings: tuple[str, ...]


class Renderer(Protocol):
    """Whoever carries out a rendering, with bounded time and memory."""

    def render(self, order: Order) -> Rendered:
        """The file at ``order.target`` is written whole.

        Raises ``StepRefused`` or ``OutputRefused`` for what this picture does not allow, ``Unreadable`` and its like for a source that
        cannot be read, ``Infeasible`` for what costs more than a rendering may (code ``render_timeout`` or ``render_out_of_memory``), and
        ``Unavailable`` (code ``renderer_busy``) when too many wait.
        """

    def close(self) -> None:
        """No process of this renderer is left."""


class Decoder(Protocol):
    """Whoever decodes an upload before it is answered."""

    def inspect(self, path: str) -> Picture:
        """The picture in the file at ``path``, decoded whole once.

        Raises ``UnsupportedMedia``, ``TooLarge`` or ``Unreadable`` with a code that says why, and ``Unavailable`` when too many wait.
        """

    def close(self) -> None:
        """No process or file of this decoder is left."""
